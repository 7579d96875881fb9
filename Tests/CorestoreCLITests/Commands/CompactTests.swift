import Foundation
import Testing

@Suite struct CompactTests {
    @Test func givesBackWhatAPurgedCoreTook() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["one", "two"])
        try await store.succeed("append", "--name", "large", input: [UInt8](repeating: 7, count: 4 << 20))
        try await store.succeed("purge", "--name", "large", "--yes")
        let compacted = try #require(try await store.succeed("compact", "--json").last(Compacted.self))
        #expect(compacted.event == "complete" && compacted.seconds > 0)
        #expect(compacted.fileBytesBefore > 4 << 20)
        #expect(compacted.fileBytesAfter < 1 << 20)
        let stats = try #require(try await store.succeed("stats", "--json").last(Stats.self))
        #expect(stats.fileBytes == compacted.fileBytesAfter)
        #expect(try await store.succeed("cat", "--name", "log").text == "onetwo")
        #expect(try await store.appendLines(["three"]).length == 3, "no doubt comes of it")
    }

    @Test func compactsAnEmptyStore() async throws {
        let store = try TestStore()
        try await store.succeed("append", "--name", "log")
        let text = try await store.succeed("compact", "--durability", "relaxed").text
        let last = try #require(text.split(separator: "\n").last, "where it takes long there is progress before it")
        #expect(last.hasPrefix("compacted ") && last.hasSuffix(" s"))
    }

    @Test func makesNoStore() async throws {
        let store = try TestStore()
        let result = try await store.run("compact")
        #expect(result.status == 1)
        #expect(result.error == "Error: there is no store at \(store.path): No such file or directory\n")
        #expect(!FileManager.default.fileExists(atPath: store.path))
    }

    @Test func saysWhoReadsTheStore() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a"])
        let reader = try store.start("cat", "--name", "log", "--live", "--json")
        _ = try await reader.object { (block: BlockInfo) in block.index == 0 }
        let result = try await store.run("compact")
        #expect(result.status == 1)
        #expect(result.error.contains("cannot be compacted while process \(reader.processIdentifier) has it open"))
        reader.send(SIGTERM)
        #expect(await reader.status() == 0)
        try await store.succeed("compact")
    }

    /// The signal may come too late; whether it did or not, the store is whole.
    @Test(arguments: [SIGINT, SIGTERM])
    func aStoreIsWholeWhereItsCompactionWasInterrupted(signal: Int32) async throws {
        let store = try TestStore()
        let bytes = [UInt8](repeating: 7, count: 32 << 20)
        try await store.succeed("append", "--name", "log", "--durability", "relaxed", input: bytes)
        let compaction = try store.start("compact")
        // It may be done before anybody looks.
        try await store.waitUntil { try store.environments.count > 1 || !compaction.isRunning }
        compaction.send(signal)
        let status = await compaction.status()
        #expect(status == 0 || status == 128 + signal)
        if status != 0 { #expect(compaction.errors == "stopped; the store is whole\n") }
        #expect(try await store.succeed("cat", "--name", "log").output == bytes)
        try await store.succeed("append", "--name", "log", "--line", input: [1])
        #expect(try store.environments.count == 1, "what was begun is removed")
    }
}

extension TestStore {
    /// The environments in the store's directory: one, or while it is compacted, two.
    fileprivate var environments: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path + "/data") }
    }
}
