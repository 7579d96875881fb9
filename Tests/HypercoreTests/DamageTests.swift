import Bitfield
import CompactEncoding
import Crypto
import TestSupport
import Testing

@testable import Hypercore
@testable import HypercoreStorage
@testable import StorageEngine

/// What comes of records that a disk, or a hand, has changed.
@Suite(.timeLimit(.minutes(5))) struct DamageTests {
    /// A store with a log of ten blocks, whose records are changed, and a whole one beside it.
    private struct Damaged {
        let store: TestStore
        let log: Hypercore
        let neighbour: Hypercore

        init() async throws {
            store = try TestStore()
            log = try await store.writable("damaged")
            neighbour = try await store.writable("neighbour")
            try await log.append(contentsOf: numberedBlocks(0..<10))
            try await neighbour.append(contentsOf: numberedBlocks(0..<10))
        }

        var number: CoreNumber { log.core.stored.number }

        func change(_ table: Table, _ key: [UInt8], to value: [UInt8]?) async throws {
            var set = WriteSet()
            if let value {
                set.put(table, key, record: value)
            } else {
                set.removeRecord(table, key)
            }
            try await #require(store.writer).commit(set)
        }

        /// Opens the store again, and expects the whole log to be whole.
        func reopened() async throws -> TestStore {
            let reopened = try await store.reopened()
            let whole = try await reopened.writable("neighbour")
            #expect(try whole.storedBlocks(of: 10).count == 10)
            #expect(try await whole.append([1]).length == 11)
            return reopened
        }
    }

    @Test(arguments: [.identity, .head] as [RecordKey.CoreRecord], [nil, [], [1], [1, 2, 3]] as [[UInt8]?])
    func `a log whose record is damaged or gone cannot be opened, and no other is hurt`(
        record: RecordKey.CoreRecord, value: [UInt8]?
    ) async throws {
        let damaged = try await Damaged()
        try await damaged.change(Schema.cores, RecordKey.record(damaged.number, record), to: value)
        let reopened = try await damaged.reopened()
        let error = await expectError(.damaged) { _ = try await reopened.writable("damaged") }
        #expect(error?.key == damaged.log.key)
    }

    @Test func `a log whose record a later version wrote is not called damaged`() async throws {
        let damaged = try await Damaged()
        try await damaged.change(Schema.cores, RecordKey.record(damaged.number, .head), to: [9, 1, 2])
        let reopened = try await damaged.reopened()
        let error = await expectError(.storage) { _ = try await reopened.writable("damaged") }
        #expect(error?.message.contains("version 9") == true)
    }

    @Test func `a manifest that does not decode, or is another core's, is damage`() async throws {
        let damaged = try await Damaged()
        var identity = TestStore.identity("damaged")
        for manifest in [[1, 2, 3], TestStore.identity("neighbour").manifest] {
            identity.manifest = manifest
            try await damaged.change(
                Schema.cores, RecordKey.record(damaged.number, .identity), to: identity.encoded())
            let store = try TestStore(damaged.store.engine)
            await expectError(.damaged) { _ = try await store.writable("damaged") }
        }
    }

    @Test func `a block that is gone from a whole log is damage, and the others are read`() async throws {
        let damaged = try await Damaged()
        let log = damaged.log
        try await damaged.change(
            Schema.blocks, LogKey(damaged.number, .first, index: 4).array, to: nil)
        await expectError(.damaged) { _ = try log.read(4) }
        await expectError(.damaged) { _ = try await log.get(4) }
        #expect(try log.read(3) == Array("block 3".utf8) && log.read(5) == Array("block 5".utf8))
        #expect(try await log.append([1]).length == 11)
    }

    @Test func `a page of the bitfield that does not decode is damage, and blocks are read all the same`() async throws
    {
        let damaged = try await Damaged()
        let presence = PresenceRecord(revision: 1, baseLength: 0, contiguousLength: 0)
        try await damaged.change(
            Schema.cores, RecordKey.record(damaged.number, .presence), to: presence.encoded())
        try await damaged.change(Schema.bitfield, LogKey(damaged.number, page: 0).array, to: [1, 2, 3])
        let log = try await damaged.reopened().writable("damaged")
        await expectError(.damaged) { _ = try log.has(4) }
        #expect(try log.read(4) == Array("block 4".utf8))
        await expectError(.damaged) { _ = try await log.append([1]) }
        #expect(log.length == 10)
    }

    @Test func `a node that is damaged is not told to peers, and the rest of the log is`() async throws {
        let damaged = try await Damaged()
        try await damaged.change(Schema.tree, LogKey(damaged.number, .first, index: 4).array, to: [0, 1])
        let reader = try TestStore()
        let copy = try await reader.reader(of: damaged.log.key)
        let pipe = MemoryPipe(damaged.store.registry, reader.registry)
        #expect(try await copy.get(0) == Array("block 0".utf8))
        #expect(try await copy.get(9) == Array("block 9".utf8))
        #expect(try copy.storedBlocks(of: 10) == [0, 9])
        pipe.cut()
    }
}
