import Bitfield
import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore
@testable import HypercoreStorage

@Suite(.timeLimit(.minutes(5))) struct AuditTests {
    @Test(arguments: [0, 1, 2, 3, 7, 8, 13, 100]) func `a log that was only written is sound`(length: Int) async throws
    {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<length))
        let before = try store.allRecords()
        for repairing in [false, true] {
            let (report, damage) = try await log.audited(repairing: repairing)
            #expect(report.isSound && damage.isEmpty, "\(report)")
            #expect(report.length == UInt64(length))
            #expect(report.checked.blocks == UInt64(length))
            #expect(report.checked.nodes == nodeCount(of: UInt64(length)))
        }
        #expect(try store.allRecords() == before)
    }

    @Test func `a log that was truncated, cleared and appended to is sound, however many steps it takes`() async throws
    {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<5000))
        try await log.truncate(to: 3001)
        try await log.append(contentsOf: numberedBlocks(0..<4000))
        try await log.clear(100..<200)
        try await log.clear(4000..<6000)
        let told = AuditLog()
        let report = try await log.audit { told.note($0) }
        #expect(report.isSound)
        #expect(report.checked.blocks == 7001 - 2100)
        #expect(report.checked.nodes == nodeCount(of: 7001))
        let positions = told.events.compactMap { event in
            if case .progress(let checked, 7001) = event { checked } else { nil }
        }
        #expect(positions.count > 2 && positions == positions.sorted() && positions.last == 7001)
    }

    @Test func `a log that was downloaded in parts is sound`() async throws {
        let (left, right) = (try TestStore(), try TestStore())
        let log = try await left.writable()
        try await log.append(contentsOf: numberedBlocks(0..<1000))
        let copy = try await right.reader(of: log.key)
        let pipe = MemoryPipe(left.registry, right.registry)
        for block in [999, 0, 500, 501, 3] as [UInt64] { _ = try await copy.get(block) }
        #expect(try await copy.audit().isSound)
        try await log.append(contentsOf: numberedBlocks(1000..<1101))
        _ = try await copy.get(1100)
        let report = try await copy.audit(repairing: true)
        #expect(report.isSound, "\(report)")
        #expect(report.checked.blocks == 6)
        await pipe.cutAndWait()
    }

    @Test func `a dry run tells of every damaged block and changes nothing`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<100))
        try await store.vandalizeBlock(3, of: log, Vandalism.flipped.callAsFunction)
        try await store.vandalizeBlock(50, of: log, Vandalism.removed.callAsFunction)
        try await store.vandalizeBlock(99, of: log, Vandalism.cut.callAsFunction)
        let before = try store.allRecords()
        let (report, damage) = try await log.audited()
        #expect(damage == [.block(3, .altered), .block(50, .missing), .block(99, .altered)])
        #expect(report.damagedBlocks == [3, 50, 99])
        #expect(report.damaged.blocks == 3 && report.damaged.bits == 1 && report.damaged.nodes == 0)
        #expect(report.dropped.isEmpty && report.rebuilt.isEmpty)
        #expect(!report.isSound)
        #expect(try store.allRecords() == before)
    }

    @Test func `the list of damaged blocks is bounded, and their number is not`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<1500))
        for block in 0..<UInt64(1500) {
            try await store.vandalizeBlock(block, of: log, Vandalism.emptied.callAsFunction)
        }
        let report = try await log.audit()
        #expect(report.damaged.blocks == 1500)
        #expect(report.damagedBlocks == Array(0..<UInt64(AuditReport.listedBlockLimit)))
    }

    @Test func `a head whose signature does not hold is told, and nothing is repaired by it`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<20))
        try await store.vandalizeBlock(3, of: log, Vandalism.flipped.callAsFunction)
        try await store.vandalize(Schema.cores, RecordKey.record(log.core.stored.number, .head)) { head in
            guard var head = head, let last = head.popLast() else { return nil }
            return head + [last ^ 1]
        }
        let before = try store.allRecords()
        let (report, damage) = try await log.audited(repairing: true)
        #expect(report.signatureFailure != nil && !report.isSound)
        #expect(damage.count == 2 && damage.last == .block(3, .altered))
        #expect(try store.allRecords() == before)
    }

    @Test func `a head that does not decode ends the audit as damaged`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append([1])
        try await store.vandalize(Schema.cores, RecordKey.record(log.core.stored.number, .head)) { $0?.dropLast() }
        await expectError(.damaged) { _ = try await log.audit() }
    }

    @Test func `a snapshot and a read-only store are audited, and not repaired`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<20))
        let snapshot = try log.snapshot()
        try await log.truncate(to: 5)
        try await log.append(contentsOf: numberedBlocks(100..<110))
        let report = try await snapshot.audit()
        #expect(report.isSound && report.length == 20 && report.checked.blocks == 20)
        await expectError(.notWritable) { _ = try await snapshot.audit(repairing: true) }
        await snapshot.close()
        await expectError(.closed) { _ = try await snapshot.audit() }

        let readOnly = try TestStore(store.engine, readOnly: true)
        let reader = try #require(try await readOnly.stored(log.key))
        #expect(try await reader.audit().checked.blocks == 15)
        await expectError(.notWritable) { _ = try await reader.audit(repairing: true) }
    }

    @Test func `a log that is changed meanwhile is never called damaged`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<6000))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                var random = SeededGenerator(seed: 5)
                for round in 0..<10 {
                    try await log.truncate(to: .random(in: 1000...log.length, using: &random))
                    try await log.append(contentsOf: numberedBlocks(round * 1000..<round * 1000 + 2500))
                    try await log.clear(0..<UInt64(round))
                }
            }
            group.addTask {
                for round in 0..<4 {
                    let (report, damage) = try await log.audited(repairing: round.isMultiple(of: 2))
                    #expect(report.isSound, "round \(round): \(report) \(damage.prefix(10))")
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a cancelled audit ends, and so does that of a log that is closed`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<100))
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await log.audit()
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        await log.close()
        await expectError(.closed) { _ = try await log.audit() }
    }

    /// How many nodes a tree of `length` blocks has.
    private func nodeCount(of length: UInt64) -> UInt64 {
        FlatTree.roots(ofLength: length).reduce(0) { $0 + FlatTree.nodeCount(under: $1) }
    }
}
