import Foundation
import Testing

@Suite struct EncryptionTests {
    private static let key = String(repeating: "0f", count: 32)

    @Test func whatIsAppendedWithAKeyIsReadWithIt() async throws {
        let store = try TestStore()
        let input = Array("secret".utf8)
        try await store.succeed("append", "--name", "log", "--encryption-key", Self.key, input: input)
        #expect(try await store.succeed("cat", "--name", "log", "--encryption-key", Self.key).text == "secret")
        #expect(try await store.succeed("get", "--name", "log", "0", "--encryption-key", Self.key).output == input)
        let stored = try await store.succeed("get", "--name", "log", "0").output
        #expect(stored.count == input.count + 8)
        #expect(Array(stored.suffix(input.count)) != input)
        let another = String(repeating: "1e", count: 32)
        #expect(try await store.run("get", "--name", "log", "0", "--encryption-key", another).output != input)
    }

    @Test func aKeyMayStandInAFile() async throws {
        let store = try TestStore()
        let key = try await Command.run(["keygen", "--encryption"])
        let file = store.directory.file("key", key.output)
        try await store.succeed(
            "append", "--name", "log", "--line", "--encryption-key", "@\(file.path)", input: Array("a\nb".utf8))
        let digits = key.text.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await store.succeed("cat", "--name", "log", "--encryption-key", digits).text == "ab")
    }

    @Test func whatIsServedIsEncryptedToo() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        let server = try RunningCommand(
            ["serve", "--append", "log", "--encryption-key", Self.key, "--store", origin.path])
        let address = try await server.line { $0.hasPrefix("listening on ") }.dropFirst("listening on ".count)
        let key = try await server.line { $0.hasPrefix("appending to ") }.dropFirst("appending to ".count)
        try server.write("secret\n")
        while try await origin.info("--name", "log").length == 0 {}
        _ = try await copy.run("sync", String(address), "--key", String(key))
        server.send(SIGTERM)
        #expect(await server.status() == 0)
        let read = try await copy.succeed("cat", "--key", String(key), "--encryption-key", Self.key)
        #expect(read.text == "secret")
    }

    @Test(arguments: ["", "0f", "zz", "@", String(repeating: "0f", count: 33)])
    func whatIsNoKeyIsRefused(argument: String) async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a"])
        let result = try await store.run("cat", "--name", "log", "--encryption-key", argument)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
    }

    @Test func aFileWithoutAKeyIsAnError() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a"])
        let file = store.directory.file("key", Array("0f0f".utf8))
        let result = try await store.run("cat", "--name", "log", "--encryption-key", "@\(file.path)")
        #expect(result.status == 1)
        #expect(result.error == "Error: \(file.path) holds no encryption key, which has 64 hexadecimal digits\n")
        let missing = try await store.run("cat", "--name", "log", "--encryption-key", "@\(file.path)x")
        #expect(missing.status == 1 && missing.error.contains("No such file"))
    }
}

@Suite struct KeygenTests {
    @Test func everyKeyIsAnother() async throws {
        var keys: Set<String> = []
        for _ in 0..<3 {
            let result = try await Command.run(["keygen", "--json"])
            let pair = try #require(try result.last(Pair.self))
            #expect(pair.publicKey.count == 64 && pair.secretKey.count == 128)
            #expect(pair.secretKey.hasSuffix(pair.publicKey))
            keys.insert(pair.publicKey)
        }
        #expect(keys.count == 3)
        let table = try await Command.run(["keygen"]).text
        #expect(table.hasPrefix("public key") && table.contains("\nsecret key"))
    }

    private struct Pair: Decodable {
        let publicKey: String
        let secretKey: String
    }
}
