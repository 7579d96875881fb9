import Foundation
import Testing

@Suite struct StatsTests {
    private func stats(_ store: TestStore, _ selection: String...) async throws -> Stats {
        let result = try await Command.run(["stats"] + selection + ["--json", "--store", store.path])
        #expect(result.status == 0, "\(result.error)")
        return try #require(try result.objects(Stats.self).first)
    }

    @Test func countsWhatTheStoreAndEachCoreTakes() async throws {
        let store = try TestStore()
        let log = try await store.appendLines(["one", "two", "three"])
        try await store.succeed("append", "--namespace", "x", "--name", "other", "--line", input: Array("four".utf8))

        let whole = try await stats(store)
        #expect(whole.cores == 2 && whole.key == nil)
        #expect(whole.blocks.records == 4 && whole.blocks.bytes == 15)
        #expect(whole.tree.records > 0 && whole.other.records > 0)
        #expect(whole.storedBytes == whole.blocks.storedBytes + whole.tree.storedBytes + whole.other.storedBytes)
        let (fileBytes, freeBytes) = (try #require(whole.fileBytes), try #require(whole.freeBytes))
        #expect(fileBytes >= whole.storedBytes && freeBytes < fileBytes)

        let part = try await stats(store, "--key", log.key)
        #expect(part.key == log.key && part.cores == nil && part.fileBytes == nil && part.freeBytes == nil)
        #expect(part.blocks.records == 3 && part.blocks.bytes == log.byteLength)
        let other = try await stats(store, "--namespace", "x", "--name", "other")
        #expect(other.blocks.records == 1)
        #expect(part.storedBytes + other.storedBytes <= whole.storedBytes)
    }

    @Test func showsWhatCompressionSaves() async throws {
        let store = try TestStore()
        let text = Array(String(repeating: "the same again and again, ", count: 20_000).utf8)
        try await store.succeed("append", "--name", "plain", input: text)
        try await store.succeed("append", "--name", "packed", "--compression", "zstd:19", input: text)
        #expect(try #require(try await stats(store, "--name", "plain").blockRatio) > 1)
        let packed = try await stats(store, "--name", "packed")
        #expect(try #require(packed.blockRatio) < 0.1)
        #expect(packed.blocks.bytes == text.count)
        #expect(try await store.succeed("cat", "--name", "packed").output == text)
    }

    @Test func anEmptyStoreHasNoRatio() async throws {
        let store = try TestStore()
        try await store.succeed("append", "--name", "log")
        let stats = try await stats(store)
        #expect(stats.cores == 1 && stats.blocks == Stats.Space(records: 0, bytes: 0, storedBytes: 0))
        #expect(stats.blockRatio == nil)
        #expect(try await store.succeed("stats").text.contains("no blocks"))
    }

    @Test func readsBesideAWriter() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a", "b"])
        let (server, _) = try await store.serve()
        #expect(try await stats(store).blocks.records == 2)
        #expect(try await store.succeed("stats", "--name", "log").text.contains("2, 2 B"))
        server.send(SIGTERM)
        #expect(await server.status() == 0)
    }

    @Test func saysThatACoreIsMissing() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a"])
        let result = try await store.run("stats", "--name", "missing")
        #expect(result.status == 1)
        #expect(result.error == "Error: no core is named \"missing\" in this store\n")
    }
}
