import Bitfield
import CompactEncoding
import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine
import Synchronization
import Testing

@testable import Hypercore
@testable import HypercoreStorage

/// Opening a log, and asking what is here of it, reads a bounded number of records whatever its length.
@Suite(.timeLimit(.minutes(5))) struct BoundedOpeningTests {
    private static let length: UInt64 = 1_000_000

    @Test func `a long, sparse log is opened by as few reads as a short one`() async throws {
        let (short, long) = (try await Stored.short(), try await Stored.long(Self.length))
        let readsOfShort = try await short.openingReads()
        let readsOfLong = try await long.openingReads()
        #expect(readsOfLong == readsOfShort)
        #expect(readsOfLong <= 10)
        #expect(long.engine.reads(of: Schema.bitfield) == 0)
        #expect(long.engine.reads(of: Schema.tree) == 0)
    }

    @Test func `questions about a long, sparse log read the pages that they concern`() async throws {
        let stored = try await Stored.long(Self.length)
        let log = try await stored.open()
        #expect(log.length == Self.length)
        let engine = stored.engine
        let view: () -> CoreLogView = { log.core.state.withLock { CoreLogView(log.core, $0) } }
        func reads<Value: Equatable>(_ expected: Value, _ ask: () throws -> Value) async throws -> Int {
            var answer: Value?
            let count = try await engine.reads { answer = try ask() }
            #expect(answer == expected)
            return count
        }
        #expect(try await reads(1) { log.contiguousLength } == 0)
        #expect(try await reads(true) { try log.has(0) } == 0)
        #expect(try await reads(true) { try log.has(777_776) } == 1)
        #expect(try await reads(false) { try log.has(777_777) } == 0)
        #expect(try await reads(1) { view().firstMissing(in: 0..<Self.length) } == 0)
        #expect(try await reads(500_001) { view().firstMissing(in: 500_000..<Self.length) } <= 2)
        #expect(try await reads(300_002) { view().firstStored(in: 300_001..<Self.length) } <= 2)
        let words = [UInt32](repeating: 0x5555_5555, count: 2)
        #expect(try await reads(words) { view().storedWords(from: 640_000, count: 2) } <= 2)
    }

    @Test func `blocks that are said to be here and have neither bytes nor proof are found by an audit`() async throws {
        let length: UInt64 = 40_000
        let log = try await Stored.long(length).open()
        let report = try await log.audit()
        #expect(report.damaged.bits == length / 2)
        #expect(report.damagedBlocks.count == AuditReport.listedBlockLimit)
    }
}

/// A store with one log, on an engine that counts.
private struct Stored {
    let engine: CountingEngine
    let key: CoreKey

    /// A log of ten blocks.
    static func short() async throws -> Stored {
        let engine = CountingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine)
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await log.clear(3..<4)
        store.registry.close()
        await store.writer?.close()
        return Stored(engine: engine, key: log.key)
    }

    /// A log of `length` blocks of which every other is said to be here: its records, without the blocks.
    static func long(_ length: UInt64) async throws -> Stored {
        let engine = CountingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine)
        let log = try await store.writable()
        let base = log.core.durableHead
        var head = base
        let roots = FlatTree.roots(ofLength: length).map { TreeNode(index: $0, size: 0, hash: .zero) }
        head.tree = try TreeHead(fork: 0, roots: roots)
        let signer = try #require(log.core.state.withLock { $0.signer })
        head.signature = try signer.sign(head.tree, hashing: BLAKE2bTreeHashing())
        var write = CoreWrite(log.core.stored, expecting: base)
        write.put(head: head)
        write.put(presence: PresenceRecord(revision: 1, baseLength: 0, contiguousLength: 1))
        for index in 0...(length - 1) / UInt64(BitfieldPage.bitCount) {
            let start = index * UInt64(BitfieldPage.bitCount)
            var page = BitfieldPage.empty
            page.replace(from: 0, with: Array(repeating: UInt32(0x5555_5555), count: BitfieldPage.bitCount / 32))
            if start + UInt64(BitfieldPage.bitCount) > length {
                page.clear(Int(length - start)..<BitfieldPage.bitCount)
            }
            write.put(page: page, at: index)
        }
        try await #require(store.writer).commit(write.set)
        store.registry.close()
        await store.writer?.close()
        return Stored(engine: engine, key: log.key)
    }

    func open() async throws -> Hypercore {
        try #require(try await TestStore(engine).stored(key))
    }

    /// How many records opening the log reads, beside those of the store.
    func openingReads() async throws -> Int {
        let store = try TestStore(engine)
        return try await engine.reads { _ = try await store.stored(key) }
    }
}
