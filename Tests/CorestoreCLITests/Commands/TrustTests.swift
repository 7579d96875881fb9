import Foundation
import Testing

@Suite struct TrustTests {
    /// A store that was copied with its keys, both of which were appended to.
    @Test func aCoreThatWasOvertakenIsAppendedToAgainWhenItIsTrusted() async throws {
        let (store, twin) = (try TestStore(), try TestStore())
        let key = try await store.appendLines(["a"]).key
        try FileManager.default.copyItem(atPath: store.path, toPath: twin.path)
        try await twin.succeed("append", "--name", "log", "--line", "--trust-history", input: Array("b".utf8))
        let (server, address) = try await twin.serve()
        try await store.succeed("sync", address, "--key", key)
        server.send(SIGTERM)
        #expect(await server.status() == 0)

        let refused = try await store.run("append", "--name", "log", "--line", input: Array("c".utf8))
        #expect(refused.status == 1)
        #expect(refused.error.hasPrefix("Error: a peer brought blocks that were signed with the key of this log"))
        #expect(refused.error.hasSuffix("by running this command with --trust-history\n"))
        #expect(try await store.info("--name", "log").length == 2)

        try await store.succeed("append", "--name", "log", "--line", "--trust-history", input: Array("c".utf8))
        #expect(try await store.succeed("cat", "--name", "log").text == "abc")
    }

    /// A store that was copied with its keys, and two histories that were signed by it.
    @Test func twoHistoriesOfOneCoreEndTheCommandAndFreezeTheCopy() async throws {
        let (store, twin, copy) = (try TestStore(), try TestStore(), try TestStore())
        let key = try await store.appendLines(["a"]).key
        try FileManager.default.copyItem(atPath: store.path, toPath: twin.path)
        _ = try await store.appendLines(["b"])
        try await twin.succeed("append", "--name", "log", "--line", "--trust-history", input: Array("c\nd".utf8))
        let (server, address) = try await store.serve()
        try await copy.succeed("sync", address, "--key", key)
        server.send(SIGTERM)
        let (other, otherAddress) = try await twin.serve()
        let result = try await copy.run("sync", otherAddress, "--key", key)
        #expect(result.status == 1)
        #expect(result.error.contains("another history of this log"))
        // What is here can still be read.
        #expect(try await copy.succeed("cat", "--key", key).text == "ab")
        other.send(SIGTERM)
        #expect(await server.status() == 0)
        #expect(await other.status() == 0)
    }

    @Test func toTrustAStoreThatIsInNoDoubtChangesNothing() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a"])
        try await store.succeed("append", "--name", "log", "--line", "--trust-history", input: Array("b".utf8))
        let server = try store.start("serve", "--append", "log", "--trust-history")
        _ = try await server.line { $0.hasPrefix("appending to ") }
        server.send(SIGTERM)
        #expect(await server.status() == 0)
        #expect(try await store.info("--name", "log").length == 2)
    }

    @Test(arguments: ["full", "relaxed"])
    func everyDurabilityKeepsWhatAProgramHasWritten(durability: String) async throws {
        let store = try TestStore()
        for line in ["a", "b"] {
            try await store.succeed(
                "append", "--name", "log", "--line", "--durability", durability, input: Array(line.utf8))
        }
        #expect(try await store.succeed("cat", "--name", "log").text == "ab")
    }
}
