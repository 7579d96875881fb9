import Bitfield
import HypercoreStorage
import TestSupport
import Testing

@testable import Hypercore
@testable import StorageEngine

@Suite(.timeLimit(.minutes(5))) struct MarkingTests {
    @Test func `what was neither read nor marked is swept`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<20))
        _ = try log.read(1)
        #expect(!log.isMarking)
        try await log.startMarking()
        #expect(log.isMarking)
        _ = try log.read(3)
        _ = try await log.get(7)
        _ = try log.has(9)
        try await log.mark(11..<13)
        let other = try await store.writable()
        _ = try other.read(15)
        _ = try other.snapshot().read(17)
        let swept = try await log.sweepUnmarked()
        #expect(swept.blockCount == 14)
        #expect(try log.storedBlocks(of: 20) == [3, 7, 11, 12, 15, 17])
        #expect(!log.isMarking)
        #expect(log.length == 20)
        #expect(try store.allRecords().filter { $0.table == "bitfield" }.count == 1)
        #expect(try await log.audit().isSound)
    }

    @Test func `a log of which nothing is marked is swept whole, and one that is marked whole stays`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<100))
        try await log.startMarking()
        try await log.mark(0..<UInt64.max)
        #expect(try await log.sweepUnmarked().blockCount == 0)
        #expect(log.contiguousLength == 100)
        try await log.startMarking()
        #expect(try await log.sweepUnmarked().blockCount == 100)
        #expect(try log.storedBlocks(of: 100) == [])
        try await log.startMarking()
        #expect(try await log.sweepUnmarked().blockCount == 0)
        let empty = try await TestStore().writable()
        try await empty.startMarking()
        try await empty.mark(0..<10)
        #expect(try await empty.sweepUnmarked().blockCount == 0)
    }

    @Test func `marking anew forgets the marks from before`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await log.startMarking()
        try await log.mark(0..<5)
        try await log.startMarking()
        try await log.mark(4..<6)
        try await log.sweepUnmarked()
        #expect(try log.storedBlocks(of: 10) == [4, 5])
    }

    @Test func `marks outlive a restart, those of reads included`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await log.startMarking()
        try await log.mark(0..<2)
        _ = try log.read(5)
        let reopened = try await store.reopened()
        let again = try await reopened.writable()
        #expect(again.isMarking)
        _ = try again.read(8)
        await again.close()
        let third = try await reopened.writable()
        try await third.sweepUnmarked()
        #expect(try third.storedBlocks(of: 10) == [0, 1, 5, 8])
        #expect(try await reopened.reopened().writable().isMarking == false)
    }

    @Test func `what is appended while marking stays, also in place of what was cut off`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await log.startMarking()
        try await log.append(contentsOf: numberedBlocks(10..<12))
        try await log.truncate(to: 4)
        try await log.append(contentsOf: numberedBlocks(0..<3))
        try await log.mark(1..<2)
        let again = try await store.reopened().writable()
        #expect(try await again.sweepUnmarked().blockCount == 3)
        #expect(try again.storedBlocks(of: 7) == [1, 4, 5, 6])
    }

    @Test func `a sweep is cut into commits of a bounded size, and may be begun again`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: Array(repeating: [7], count: 300))
        try await log.startMarking()
        for block in stride(from: UInt64(0), to: 300, by: 2) { _ = try log.read(block) }
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await log.sweepUnmarked(batchSize: 10)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(log.isMarking)
        let commits = try #require(store.writer).statistics.transactions
        #expect(try await log.sweepUnmarked(batchSize: 10).blockCount == 150)
        #expect(try #require(store.writer).statistics.transactions >= commits + 15)
        #expect(try log.storedBlocks(of: 300) == Array(stride(from: 0, to: 300, by: 2)))
    }

    @Test func `marks of many reads are stored as they gather`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: Array(repeating: [7], count: 3 * MarkKeeper.pendingMarkLimit))
        try await log.startMarking()
        for block in 0..<UInt64(MarkKeeper.pendingMarkLimit) { _ = try log.read(block) }
        try await until { try log.core.stored.markPages.page(at: 0)?.count == MarkKeeper.pendingMarkLimit }
        try await log.sweepUnmarked()
        #expect(log.contiguousLength == UInt64(MarkKeeper.pendingMarkLimit))
    }

    @Test func `reads cost no commits while nothing is marked, and marks nothing to others`() async throws {
        let store = try TestStore()
        let (log, other) = (try await store.writable("a"), try await store.writable("b"))
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await other.append(contentsOf: numberedBlocks(0..<10))
        try await log.startMarking()
        let commits = try #require(store.writer).statistics.transactions
        for block in 0..<UInt64(10) { _ = (try log.read(block), try other.read(block)) }
        #expect(try #require(store.writer).statistics.transactions == commits)
        await expectError(.notMarking) { try await other.sweepUnmarked() }
        await expectError(.notMarking) { try await other.mark(0..<1) }
        #expect(other.contiguousLength == 10)
    }

    @Test func `marks that could not be stored are stored later`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let log = try await TestStore(engine).writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        engine.inject(.init(.commit))
        await expectError(.storage) { try await log.startMarking() }
        #expect(!log.isMarking)
        try await log.startMarking()
        engine.inject(.init(.commit))
        await expectError(.storage) { try await log.mark(2..<4) }
        engine.inject(.init(.commit))
        await expectError(.storage) { try await log.sweepUnmarked() }
        #expect(log.isMarking && log.contiguousLength == 10)
        try await log.sweepUnmarked()
        #expect(try log.storedBlocks(of: 10) == [2, 3])
    }

    @Test func `a purge takes marks along`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        try await log.startMarking()
        try await log.mark(0..<5)
        try await log.purge()
        await store.registry.finishSweeping()
        #expect(try store.allRecords().allSatisfy { $0.table == "store" })
        #expect(try await store.writable().isMarking == false)
    }

    @Test func `a snapshot, a read-only store and a closed session refuse`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        await expectError(.notWritable) { try await log.snapshot().startMarking() }
        try await log.startMarking()
        await expectError(.outOfBounds) { try await log.sweepUnmarked(batchSize: 0) }
        let reader = try #require(try await TestStore(store.engine, readOnly: true).stored(log.key))
        #expect(reader.isMarking)
        #expect(try reader.read(1) == Array("block 1".utf8))
        await expectError(.notWritable) { try await reader.sweepUnmarked() }
        await log.close()
        await expectError(.closed) { try await log.startMarking() }
        await expectError(.closed) { try await log.mark(0..<1) }
    }

    @Test func `sweeping leaves what a model leaves`() async throws {
        for seed in 0..<UInt64(3) {
            var random = SeededGenerator(seed: seed)
            let log = try await TestStore().writable()
            let length = Int.random(in: 1...40_000, using: &random)
            try await log.append(contentsOf: Array(repeating: [1], count: length))
            var here = Set(0..<length)
            let hole = Int.random(in: 0..<length, using: &random)
            try await log.clear(UInt64(hole)..<UInt64(min(hole + 500, length)))
            here.subtract(hole..<min(hole + 500, length))
            try await log.startMarking()
            var marked: Set<Int> = []
            for _ in 0..<Int.random(in: 0...30, using: &random) {
                let start = Int.random(in: 0..<length, using: &random)
                let range = start..<min(start + .random(in: 1...3000, using: &random), length)
                try await log.mark(UInt64(range.lowerBound)..<UInt64(range.upperBound))
                marked.formUnion(range)
            }
            let swept = try await log.sweepUnmarked(batchSize: 5000)
            #expect(swept.blockCount == UInt64(here.subtracting(marked).count), "seed \(seed)")
            #expect(Set(try log.storedBlocks(of: length)) == here.intersection(marked), "seed \(seed)")
        }
    }

    @Test func `a read through a branch marks what the branch shares with the log, and nothing else`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<6))
        let branch = try await log.branch("draft", checkout: 3)
        try await branch.append(contentsOf: [[1], [2]])
        await expectError(.unsupported) { try await branch.startMarking() }
        try await log.startMarking()
        await expectError(.unsupported) { try await branch.mark(0..<1) }
        #expect(try branch.read(1) == numberedBlocks(1..<2)[0])
        #expect(try branch.read(4) == [2])
        await expectError(.unsupported) { _ = try await branch.sweepUnmarked() }
        #expect(try await log.sweepUnmarked().blockCount == 5)
        #expect(try log.storedBlocks(of: 6) == [1])
        #expect(try branch.read(3) == [1] && branch.read(4) == [2] && branch.read(0) == nil)
    }

    @Test func `every way to read marks`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<20))
        try await log.startMarking()
        _ = try log.read(0..<2)
        _ = try await log.get(3..<5)
        for try await _ in log.blocks(start: 6, end: 8) {}
        for try await _ in log.bytes(from: try log.byteOffset(of: 9), count: 1, readAhead: 0) {}
        _ = try log.typed(as: .bytes).read(11)
        #expect(try await log.sweepUnmarked().blockCount == 12)
        #expect(try log.storedBlocks(of: 20) == [0, 1, 3, 4, 6, 7, 9, 11])
    }

    @Test func `blocks that a branch brings while blocks are marked stay`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        let branch = try await log.branch("draft")
        try await branch.append(contentsOf: [[1], [2]])
        try await log.startMarking()
        try await log.commit(branch)
        #expect(try await log.sweepUnmarked().blockCount == 3)
        #expect(try log.storedBlocks(of: 5) == [3, 4])
    }
}
