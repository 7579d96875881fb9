import Foundation
import Testing

@Suite struct PurgeTests {
    @Test func removesACoreAndSaysWhatItTook() async throws {
        let store = try TestStore()
        let log = try await store.appendLines(["one", "two", "three"])
        try await store.succeed("append", "--name", "other", "--line", input: Array("stays".utf8))
        let purged = try #require(
            try await store.succeed("purge", "--name", "log", "--yes", "--json").last(Purged.self))
        #expect(purged.event == "complete" && purged.key == log.key)
        #expect(purged.blocks == 3 && purged.bytes == log.byteLength && purged.storedBytes > purged.bytes)

        #expect(try await store.run("info", "--name", "log").status == 1)
        #expect(try await store.run("info", "--key", log.key).status == 1)
        #expect(try await store.succeed("cat", "--name", "other").text == "stays")
        let stats = try #require(try await store.succeed("stats", "--json").last(Stats.self))
        #expect(stats.cores == 1 && stats.blocks.records == 1, "its space is swept when the command ends")
    }

    @Test func removesACoreByKeyAndAnEmptyOne() async throws {
        let store = try TestStore()
        let key = try await store.appendLines([]).key
        #expect(
            try await store.succeed("purge", "--key", key, "-y", "--durability", "relaxed").text
                == "purged \(key): 0 blocks, 0 B\n")
        #expect(try await store.succeed("list").output.isEmpty)
    }

    @Test func takesNoSilenceForAYes() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a"])
        let result = try await store.run("purge", "--name", "log", input: Array("y\n".utf8))
        #expect(result.status == 1)
        #expect(result.error == "Error: nothing was purged: there is nobody to ask, and --yes was not given\n")
        #expect(try await store.succeed("cat", "--name", "log").text == "a")
    }

    @Test(arguments: [("y", 0), ("Yes", 0), ("n", 1), ("", 1), ("yesterday", 1)])
    func asksOnATerminal(answer: String, status: Int32) async throws {
        let store = try TestStore()
        let key = try await store.appendLines(["a"]).key
        let terminal = try Terminal()
        try terminal.type(answer)
        let result = try await Command.run(
            ["purge", "--name", "log", "--store", store.path], input: terminal.input)
        #expect(result.status == status)
        #expect(result.error.hasPrefix("Purge \(key): 1 block, 1 B? [y/N] "))
        #expect(try await store.run("info", "--name", "log").status == 1 - status)
    }

    @Test func makesNothingOfWhatIsMissing() async throws {
        let store = try TestStore()
        #expect(try await store.run("purge", "--name", "log", "--yes").status == 1)
        #expect(!FileManager.default.fileExists(atPath: store.path))
        _ = try await store.appendLines(["a"])
        for selection in [["--name", "missing"], ["--key", String(repeating: "y", count: 52)]] {
            let result = try await Command.run(["purge", "--yes", "--store", store.path] + selection)
            #expect(result.status == 1)
            #expect(result.error.hasPrefix("Error: no"))
        }
        #expect(try await store.succeed("list", "--json").objects(CoreInfo.self).count == 1)
    }

    @Test func waitsForNoOtherWriter() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a"])
        let (server, _) = try await store.serve()
        let result = try await store.run("purge", "--name", "log", "--yes")
        #expect(result.status == 1)
        #expect(result.error.contains("is open for writing in process \(server.processIdentifier)"))
        server.send(SIGTERM)
        #expect(await server.status() == 0)
        #expect(try await store.succeed("cat", "--name", "log").text == "a")
    }
}
