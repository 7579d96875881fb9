import Bitfield
import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore
@testable import HypercoreStorage

@Suite(.timeLimit(.minutes(5))) struct RepairTests {
    @Test(arguments: Vandalism.allCases)
    func `any one record of nodes is made anew exactly, and no block is lost`(vandalism: Vandalism) async throws {
        for length in [1, 2, 3, 4, 7, 8, 13] {
            let store = try TestStore()
            let log = try await store.writable()
            try await log.append(contentsOf: numberedBlocks(0..<length))
            let before = try store.allRecords()
            for leaf in 0..<UInt64(length) {
                try await store.vandalizeNodes(leaf, of: log, vandalism.callAsFunction)
                let report = try await log.audit(repairing: true)
                #expect(
                    report.damaged.nodes > 0 && report.rebuilt.nodes == report.damaged.nodes, "\(leaf) of \(length)")
                #expect(report.dropped.isEmpty && report.damaged.blocks == 0, "\(leaf) of \(length): \(report)")
                #expect(try store.allRecords() == before, "leaf \(leaf) of \(length)")
            }
        }
    }

    @Test func `a tree that is lost whole is made anew out of the blocks`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<2100))
        let before = try store.allRecords()
        var set = WriteSet()
        set.delete(Schema.tree, LogKey.all(of: log.core.stored.number))
        try await #require(store.writer).commit(set)
        let report = try await log.audit(repairing: true)
        #expect(report.rebuilt.nodes == report.checked.nodes && report.dropped.isEmpty, "\(report)")
        #expect(try store.allRecords() == before)
    }

    @Test func `a damaged block is dropped alone`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await store.vandalizeBlock(4, of: log, Vandalism.flipped.callAsFunction)
        try await store.vandalizeBlock(7, of: log, Vandalism.removed.callAsFunction)
        let (report, damage) = try await log.audited(repairing: true)
        #expect(damage == [.block(4, .altered), .block(7, .missing)])
        #expect(report.dropped.blocks == 1 && report.dropped.bits == 1 && report.rebuilt.isEmpty)
        #expect(try log.storedBlocks(of: 10) == [0, 1, 2, 3, 5, 6, 8, 9])
        #expect(try log.read(4) == nil && log.read(7) == nil)
        #expect(log.contiguousLength == 4)
        #expect(try await log.audit().isSound)
        let again = try await store.reopened().writable()
        #expect(try again.storedBlocks(of: 10) == [0, 1, 2, 3, 5, 6, 8, 9])
        #expect(try await again.append([1]).length == 11)
    }

    @Test(arguments: [0, 3, 4, 9] as [UInt8]) func `a block that the engine cannot read is dropped`(block: UInt8)
        async throws
    {
        let store = try TestStore(EngineWithUnreadableBlock(MemoryEngine(tables: Schema.tables), block: block))
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        await expectError(.damaged) { _ = try log.read(UInt64(block)) }
        let (report, damage) = try await log.audited(repairing: true)
        #expect(damage == [.block(UInt64(block), .altered)] && report.dropped.blocks == 1)
        #expect(try log.storedBlocks(of: 10) == (0..<10).filter { $0 != Int(block) })
        #expect(try await log.audit().isSound)
    }

    @Test func `a block that the engine cannot read and that no node proves is dropped with its neighbour`()
        async throws
    {
        let store = try TestStore(EngineWithUnreadableBlock(MemoryEngine(tables: Schema.tables), block: 4))
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await store.vandalizeNodes(4, of: log, Vandalism.removed.callAsFunction)
        let (_, damage) = try await log.audited(repairing: true)
        #expect(damage.suffix(2) == [.block(4, .unproven), .block(5, .unproven)])
        #expect(try log.storedBlocks(of: 10) == [0, 1, 2, 3, 6, 7, 8, 9])
        #expect(try await log.audit().isSound)
    }

    @Test func `what no node and no block can prove is dropped with its nodes, and the rest is not`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<16))
        // A leaf and its block: nothing is left that leads to the hash above the two leaves.
        try await store.vandalizeNodes(4, of: log, Vandalism.removed.callAsFunction)
        try await store.vandalizeBlock(4, of: log, Vandalism.flipped.callAsFunction)
        let (report, damage) = try await log.audited(repairing: true)
        #expect(damage.contains(.block(4, .unproven)) && damage.contains(.block(5, .unproven)))
        #expect(report.dropped.blocks == 2 && report.damaged.blocks == 2)
        #expect(try log.storedBlocks(of: 16) == [0, 1, 2, 3] + Array(6..<16))
        #expect(try await log.audit().isSound)
    }

    @Test func `a block that is here and was not known to be is found`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        let whole = try store.allRecords()
        try await log.clear(2..<5)
        try await store.vandalizeBlock(3, of: log) { _ in Array("block 3".utf8) }
        try await store.vandalizeBlock(4, of: log) { _ in Array("block X".utf8) }
        let (report, damage) = try await log.audited(repairing: true)
        #expect(damage == [.block(3, .unknown), .block(4, .altered)])
        #expect(report.rebuilt.bits == 1 && report.dropped.blocks == 1)
        #expect(try log.storedBlocks(of: 10) == [0, 1, 3, 5, 6, 7, 8, 9])
        #expect(try log.read(3) == Array("block 3".utf8))
        for block in [2, 4] as [UInt64] {
            try await store.vandalizeBlock(block, of: log) { _ in Array("block \(block)".utf8) }
        }
        #expect(try await log.audit(repairing: true).rebuilt.bits == 2)
        // A log that is whole again has no bitfield again.
        #expect(try store.allRecords() == whole)
    }

    @Test(arguments: [[], [7], [1, 2, 3]] as [[UInt8]])
    func `a page of the bitfield that does not decode is made anew out of what is stored`(page: [UInt8]) async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<100))
        try await log.clear(10..<30)
        try await store.vandalizeBlock(50, of: log, Vandalism.flipped.callAsFunction)
        try await store.vandalize(Schema.bitfield, LogKey(log.core.stored.number, page: 0).array) { _ in page }
        let reopened = try await store.reopened()
        let again = try await reopened.writable()
        await expectError(.damaged) { _ = try again.has(50) }
        let dry = try await again.audited()
        #expect(dry.report.damaged.pages == 1 && dry.damage.contains(.page(0)))
        let report = try await again.audit(repairing: true)
        #expect(report.damaged.pages == 1 && report.rebuilt.pages == 1 && report.dropped.blocks == 1, "\(report)")
        #expect(try again.storedBlocks(of: 100) == Array(0..<10) + Array(30..<50) + Array(51..<100))
        #expect(again.contiguousLength == 10)
        #expect(try await again.audit().isSound)
        #expect(try await again.append([1]).length == 101)
    }

    @Test func `presence that says contiguous what is not is put right`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<100))
        try await log.clear(10..<30)
        let lie = PresenceRecord(revision: 1, baseLength: 100, contiguousLength: 100)
        try await store.vandalize(Schema.cores, RecordKey.record(log.core.stored.number, .presence)) { _ in
            lie.encoded()
        }
        let again = try await store.reopened().writable()
        #expect(again.contiguousLength == 100)
        let report = try await again.audit(repairing: true)
        #expect(report.damaged.bits == 20 && report.dropped.bits == 20)
        #expect(again.contiguousLength == 10)
        #expect(try again.storedBlocks(of: 100) == Array(0..<10) + Array(30..<100))
        #expect(try await again.audit().isSound)
    }

    @Test func `whatever is damaged, what is read after a repair is what was written, and a peer brings the rest`()
        async throws
    {
        for seed in 0..<UInt64(25) {
            var random = SeededGenerator(seed: seed)
            let history = History(&random)
            let store = try TestStore()
            let log = try await store.writable()
            try await history.write(to: log)
            await store.registry.finishSweeping()
            let blocks = history.blocks
            if Bool.random(using: &random) {
                let start = UInt64.random(in: 0..<UInt64(blocks.count), using: &random)
                try await log.clear(start..<start + .random(in: 1...20, using: &random))
            }
            for _ in 0..<Int.random(in: 1...12, using: &random) {
                let place = UInt64.random(in: 0..<UInt64(blocks.count), using: &random)
                let vandalism = Vandalism.allCases.randomElement(using: &random) ?? .removed
                if Bool.random(using: &random) {
                    try await store.vandalizeBlock(place, of: log, vandalism.callAsFunction)
                } else {
                    try await store.vandalizeNodes(place, of: log, vandalism.callAsFunction)
                }
            }
            let before = try store.allRecords()
            let dry = try await log.audit()
            #expect(try store.allRecords() == before, "seed \(seed)")
            let report = try await log.audit(repairing: true)
            #expect(report.damagedBlocks == dry.damagedBlocks && report.damaged == dry.damaged, "seed \(seed)")
            let after = try await log.audited()
            #expect(after.report.isSound, "seed \(seed): \(after)")
            for index in try log.storedBlocks(of: blocks.count) {
                #expect(try log.read(UInt64(index)) == blocks[index], "seed \(seed), block \(index)")
            }
            try await expectHealed(log, of: store, by: history, "seed \(seed)")
        }
    }

    /// Expects a peer with the whole log to bring back what went.
    private func expectHealed(
        _ log: Hypercore, of store: TestStore, by history: History, _ comment: Comment
    ) async throws {
        let peer = try TestStore()
        try await history.write(to: try await peer.writable())
        let pipe = MemoryPipe(peer.registry, store.registry)
        try await log.download(end: log.length).finished()
        await pipe.cutAndWait()
        #expect(log.contiguousLength == UInt64(history.blocks.count), comment)
        #expect(try await log.audit().isSound, comment)
        for index in history.blocks.indices { #expect(try log.read(UInt64(index)) == history.blocks[index], comment) }
    }
}

/// How a log came about.
private struct History {
    private let first: [[UInt8]]
    private let cut: Int?
    private let second: [[UInt8]]

    init(_ random: inout SeededGenerator) {
        first = numberedBlocks(0..<Int.random(in: 1...70, using: &random))
        cut = Bool.random(using: &random) ? Int.random(in: 0...first.count, using: &random) : nil
        second = cut == nil ? [] : numberedBlocks(1000..<1000 + Int.random(in: 1...40, using: &random))
    }

    var blocks: [[UInt8]] { first.prefix(cut ?? first.count) + second }

    func write(to log: Hypercore) async throws {
        try await log.append(contentsOf: first)
        guard let cut else { return }
        try await log.truncate(to: UInt64(cut))
        try await log.append(contentsOf: second)
    }
}
