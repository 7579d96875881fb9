import Foundation
import Testing

@Suite struct CuttingTests {
    @Test func truncateCutsAndBeginsANewFork() async throws {
        let store = try TestStore()
        let before = try await store.appendLines(["a", "b", "c"])
        let cut = try #require(
            try await store.succeed("truncate", "--name", "log", "1", "--json").last(CoreInfo.self))
        #expect(cut.key == before.key && cut.length == 1 && cut.byteLength == 1 && cut.fork == 1)
        #expect(try await store.succeed("cat", "--name", "log").text == "a")
        try await store.succeed("append", "--name", "log", "--line", input: Array("x\ny".utf8))
        #expect(try await store.succeed("cat", "--key", before.key).text == "axy")
        let text = try await store.succeed("truncate", "--key", before.key, "0", "--durability", "relaxed").text
        #expect(text.hasPrefix("cut off 3 blocks\n") && text.contains(before.key))
    }

    @Test(arguments: ["2", "18446744073709551615"])
    func truncateRefusesToCutWhereNothingIs(length: String) async throws {
        let store = try TestStore()
        let before = try await store.appendLines(["a"])
        let result = try await store.run("truncate", "--name", "log", length)
        #expect(result.status == 1)
        #expect(result.error == "Error: the core has 1 block, and cannot be cut at \(length)\n")
        #expect(try await store.info("--name", "log") == before)
    }

    @Test func truncateNeedsTheSigningKey() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines(["a", "b"]).key
        let (server, address) = try await origin.serve()
        try await copy.succeed("sync", address, "--key", key)
        server.send(SIGTERM)
        #expect(await server.status() == 0)
        let result = try await copy.run("truncate", "--key", key, "1")
        #expect(result.status == 1)
        #expect(result.error.hasPrefix("Error: this store does not hold the signing key of the log"))
        #expect(try await copy.info("--key", key).length == 2)
    }

    @Test func clearForgetsBlocksAndKeepsTheRest() async throws {
        let store = try TestStore()
        let before = try await store.appendLines(["a", "bb", "ccc", "d"])
        let cleared = try #require(
            try await store.succeed("clear", "--name", "log", "--start", "1", "--end", "3", "--json").last(Cleared.self)
        )
        #expect(cleared.blocks == 2 && cleared.bytes == 5 && cleared.length == 4)
        #expect(cleared.treeHash == before.treeHash)
        #expect(try await store.succeed("get", "--name", "log", "3").text == "d")
        let missing = try await store.run("get", "--name", "log", "1")
        #expect(missing.status == 1 && missing.error.contains("block 1 is not stored here"))
        #expect(
            try await store.succeed("clear", "--name", "log", "--end", "4").text == "cleared 2 blocks, 2 B\n")
    }

    @Test func clearTakesNoSilenceForAll() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a"])
        #expect(try await store.run("clear", "--name", "log").status == 64)
        #expect(try await store.run("clear", "--name", "log", "--start", "2", "--end", "1").status == 64)
        let result = try await store.run("clear", "--name", "log", "--end", "2")
        #expect(result.status == 1 && result.error.contains("the core has 1 block"))
        #expect(try await store.succeed("cat", "--name", "log").text == "a")
    }

    @Test(arguments: [["truncate", "0"], ["clear", "--end", "0"]])
    func makesNothingOfWhatIsMissing(command: [String]) async throws {
        let store = try TestStore()
        #expect(try await Command.run(command + ["--name", "log", "--store", store.path]).status == 1)
        _ = try await store.appendLines(["a"])
        for selection in [["--name", "missing"], ["--key", String(repeating: "y", count: 52)]] {
            let result = try await Command.run(command + selection + ["--store", store.path])
            #expect(result.status == 1)
            #expect(result.error.hasPrefix("Error: no"))
        }
        #expect(try await store.succeed("list", "--json").objects(CoreInfo.self).count == 1)
    }
}
