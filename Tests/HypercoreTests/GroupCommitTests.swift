import CompactEncoding
import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine
import Synchronization
import TestSupport
import Testing

@testable import Hypercore

/// What logs make of grouped writes: how many commits, how many signatures, and who fails with whom.
@Suite(.timeLimit(.minutes(5))) struct GroupCommitTests {
    @Test func `appends to many logs at once cost two syncs, and one after the other one each`() async throws {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full)
        let writer = try #require(store.writer)
        let logs = try await store.logs(10)
        var before = writer.statistics
        for log in logs { try await log.append([0]) }
        #expect(writer.statistics.transactions - before.transactions == 10)
        #expect(writer.statistics.syncs - before.syncs == 10 && writer.statistics.sets - before.sets == 10)

        before = writer.statistics
        gate.shut()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await logs[0].append([1]) }
            await gate.waitUntilHolding()
            for task in 0..<100 { group.addTask { try await logs[task % 10].append([UInt8(task)]) } }
            try await until { logs.map(\.gatheredLength).reduce(0, +) == 111 }
            gate.open()
            try await group.waitForAll()
        }
        // The first commit took one append along, and the second whatever had gathered meanwhile.
        #expect(writer.statistics.transactions - before.transactions == 2)
        // The first of each log is queued at once, and what comes behind it is one set: it has gathered when the group begins.
        #expect(writer.statistics.syncs - before.syncs == 2 && writer.statistics.sets - before.sets == 1 + 1 + 9 * 2)
    }

    @Test func `a log is signed once a group, and each caller is told of its own blocks`() async throws {
        let hashing = CountingHashing()
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full, hashing: hashing)
        let logs = try await store.logs(3)
        gate.shut()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await logs[0].append([0xff]) }
            await gate.waitUntilHolding()
            for task in 0..<30 as Range<UInt8> {
                let log = logs[Int(task) % 3]
                group.addTask {
                    let result = try await log.append(contentsOf: [[task], [task, task]])
                    #expect(try log.read(result.length - 2) == [task] && log.read(result.length - 1) == [task, task])
                }
            }
            group.addTask {
                _ = try await logs[1].clear(0..<1)
                try await logs[2].setUserData([1], for: "key")
            }
            try await until { logs.map(\.gatheredLength).reduce(0, +) == 61 }
            gate.open()
            try await group.waitForAll()
        }
        // One for the group that was held up, and one for each of three logs in the next.
        #expect(hashing.treeCount == 4)
        #expect(logs.map(\.length) == [21, 20, 20])
    }

    @Test func `truncations and clears share a group with appends, in order`() async throws {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full)
        let (log, other) = (try await store.writable("log"), try await store.writable("other"))
        // Sweeping up after the truncation would be a commit of its own.
        await store.registry.stopSweeping()
        try await log.append(contentsOf: numberedBlocks(0..<4))
        let before = try #require(store.writer?.statistics)
        gate.shut()
        async let held = other.append([0])
        await gate.waitUntilHolding()
        async let first = log.append([1])
        try await until { log.gatheredLength == 5 }
        async let cut: Void = log.truncate(to: 2)
        try await until { log.gatheredLength == 2 }
        async let cleared = log.clear(0..<1)
        try await until { log.underwayCount == 3 }
        async let second = log.append([2])
        try await until { log.gatheredLength == 3 }
        gate.open()
        #expect(try await held.length == 1)
        #expect(try await first.length == 5)
        try await cut
        #expect(try await cleared.blockCount == 1)
        #expect(try await second.length == 3)
        #expect(log.length == 3 && log.fork == 1)
        #expect(try (0..<4).map { try log.read($0) } == [nil, Array("block 1".utf8), [2], nil])
        #expect(try #require(store.writer?.statistics.transactions) - before.transactions == 2)
        let again = try await store.reopened().writable("log")
        #expect(try again.treeHash() == log.core.hashing.tree(log.core.durableHead.tree.roots) && again.length == 3)
    }

    @Test func `a relaxed write that nobody competes with is committed on the caller's thread`() async throws {
        let engine = WatchedEngine(MemoryEngine(tables: Schema.tables))
        let log = try await TestStore(engine).writable(encryption: .key(SecretBytes(randomCount: 32)))
        let plain = try #require(try await log.core.registry.session(log.discoveryKey))
        let isOnThisThread = { (work: () async throws -> Void) in
            let before = WatchedEngine.currentThread
            try await work()
            return engine.writingThreads.last == before
        }
        #expect(try await isOnThisThread { try await plain.append([1]) })
        #expect(try await isOnThisThread { try await log.append(contentsOf: numberedBlocks(0..<100)) })
        #expect(try await isOnThisThread { try await plain.truncate(to: 10) })
        // What sweeps after it writes, too.
        await log.core.registry.finishSweeping()
        #expect(try await isOnThisThread { try await plain.clear(0..<5) })
        #expect(try await isOnThisThread { try await plain.setUserData([1], for: "key") })
    }

    @Test func `a full write is never committed on the caller's thread`() async throws {
        let engine = WatchedEngine(MemoryEngine(tables: Schema.tables))
        let log = try await TestStore(engine, durability: .full).writable()
        for _ in 0..<5 {
            let before = WatchedEngine.currentThread
            try await log.append([1])
            #expect(engine.writingThreads.last != before)
        }
        #expect(Set(engine.writingThreads).count == 1)
    }

    @Test func `a group that is applied again, because the file had to grow, is not signed again`() async throws {
        let (hashing, signer) = (CountingHashing(), MoodySigner())
        let engine = WatchedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine, hashing: hashing)
        let (log, slow) = (try await store.writable(), try await store.signed(by: signer))
        engine.runTwice()
        #expect(try await log.append([1]).length == 1)
        #expect(try await slow.append([2]).length == 1)
        // One for each log, and one for verifying what the signer answered.
        #expect(signer.askedCount == 1 && hashing.treeCount == 3)
        let again = try await store.reopened().writable()
        #expect(try again.read(0) == [1])
        #expect(try await again.append([2]).length == 2)
    }
}

// MARK: - Failures

@Suite(.timeLimit(.minutes(5))) struct FailingGroupTests {
    @Test func `a change that met another history is refused alone, and the group around it is committed`() async throws
    {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full)
        let writer = try #require(store.writer)
        let logs = try await store.logs(3)
        let before = writer.statistics
        gate.shut()
        async let held = logs[0].append([0])
        await gate.waitUntilHolding()
        // Somebody else writes a head that the log does not know.
        var foreign = CoreWrite(logs[1].core.stored, expecting: HeadRecord())
        foreign.put(head: HeadRecord(tree: TreeHead(fork: 7)))
        let intrusion = writer.enqueue(foreign.set)
        let refused = Task { try await logs[1].append([1]) }
        async let first = logs[0].append([2])
        async let second = logs[2].append([3])
        try await until { logs.map(\.gatheredLength) == [2, 1, 1] }
        gate.open()
        #expect(try await [held.length, first.length, second.length] == [1, 2, 1])
        _ = try await writer.commit(intrusion)
        await expectError(.conflict) { _ = try await refused.value }
        let after = writer.statistics
        #expect(after.transactions - before.transactions == 2 && after.conflicts - before.conflicts == 1)
    }

    @Test func `a disk that is full fails its whole group, and nothing of it is left in any log`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let gate = GatedEngine(engine)
        let store = try TestStore(gate, durability: .full)
        let logs = try await store.logs(5)
        for log in logs { try await log.append(contentsOf: numberedBlocks(0..<2)) }
        let treeHashes = try logs.map { try $0.treeHash() }
        gate.shut()
        let held = Task { try await logs[0].setUserData([1], for: "key") }
        await gate.waitUntilHolding()
        let appends = (0..<20).map { task in Task { try await logs[task % 4].append([UInt8(task)]) } }
        let cut = Task { try await logs[4].truncate(to: 1) }
        try await until { logs.map(\.gatheredLength) == [7, 7, 7, 7, 1] }
        engine.inject(.init(.write, ordinal: 20, error: StorageError(.full, "no room")))
        gate.open()
        try await held.value
        for task in appends {
            let error = await expectError(.storage) { _ = try await task.value }
            #expect(error?.message.contains("no room") == true)
        }
        await expectError(.storage) { try await cut.value }
        #expect(logs.map(\.stagedLength) == logs.map { _ in 2 } && logs.allSatisfy { $0.underwayCount == 0 })
        #expect(try logs.map { try $0.treeHash() } == treeHashes)

        for log in logs { #expect(try await log.append([9]).length == 3) }
        let again = try await store.reopened()
        for number in 0..<5 {
            let log = try await again.writable("log \(number)")
            #expect(try log.length == 3 && log.fork == 0 && log.read(2) == [9])
        }
    }

    @Test(arguments: FaultInjectingEngine.Moment.allCases)
    func `after a sync that failed every write is refused until the store is opened again`(
        moment: FaultInjectingEngine.Moment
    ) async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine, durability: .full)
        let (log, other) = (try await store.writable("log"), try await store.writable("other"))
        try await log.append([1])
        let poisoned = StorageError(.poisoned, "an earlier sync failed; open the store again")
        engine.inject(.init(.sync, moment, error: StorageError(.inputOutput, "the disk has died")))
        engine.inject(.init(.commit, ordinal: 2, isLasting: true, error: poisoned))
        await expectError(.storage) { try await log.append([2]) }
        for _ in 0..<3 {
            for session in [log, other] {
                let error = await expectError(.storage) { try await session.append([3]) }
                #expect(error?.message.contains("open the store again") == true)
            }
        }
        #expect(try log.length == 1 && log.read(0) == [1] && other.length == 0)
        engine.heal()
        let again = try await store.reopened().writable("log")
        // What was not acknowledged may have reached the disk or not; the log is whole either way.
        let length: UInt64 = moment == .afterTakingEffect ? 2 : 1
        #expect(again.length == length)
        #expect(try await again.append([4]).length == length + 1)
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `logs that are appended to, cut and cleared at once, on a disk that fails, are what was acknowledged`(
        seed: UInt64
    ) async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(engine, durability: seed.isMultiple(of: 2) ? .relaxed : .full)
        let signer = MoodySigner { !$0.isMultiple(of: 5) }
        let secret = SecretBytes(copying: Array(repeating: 7, count: 32))
        var logs = try await store.logs(3)
        logs.append(try await store.writable("encrypted", encryption: .key(secret)))
        logs.append(try await store.signed(by: signer, encryption: .key(secret)))
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<20 { engine.inject(.init(.commit, ordinal: .random(in: 1...300, using: &generator))) }
        let models = try await withThrowingTaskGroup(of: (Int, LogModel).self) { group in
            for (number, log) in logs.enumerated() {
                group.addTask {
                    var model = LogModel(seed: seed &* 100 &+ UInt64(number))
                    for _ in 0..<60 { try await model.change(log) }
                    return (number, model)
                }
            }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (number, log) in logs.enumerated() {
            let model = try #require(models[number])
            #expect(log.length == UInt64(model.blocks.count), "seed \(seed), log \(number)")
            for (index, block) in model.blocks.enumerated() {
                #expect(try log.read(UInt64(index)) == block, "seed \(seed), log \(number), block \(index)")
            }
            #expect(log.fork == model.fork && log.stagedLength == log.length, "seed \(seed), log \(number)")
        }
    }
}

// MARK: - Support

/// A log as one task knows it, which alone changes it.
private struct LogModel: Sendable {
    /// `nil` where a block was cleared.
    var blocks: [[UInt8]?] = []
    var fork: UInt64 = 0
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// Makes a random change, to the log and, if it is acknowledged, to the model.
    mutating func change(_ log: Hypercore) async throws {
        var changed = self
        let kind = Int.random(in: 0..<10, using: &generator)
        let at = Int.random(in: 0...blocks.count, using: &generator)
        let added = (0...2).map { _ in generator.bytes(Int.random(in: 0...600, using: &generator)) }
        do {
            switch kind {
            case 0:
                changed.blocks.removeSubrange(at...)
                changed.fork += 1
                try await log.truncate(to: UInt64(at))
            case 1:
                let end = min(at + 5, blocks.count)
                for index in at..<end { changed.blocks[index] = nil }
                try await log.clear(UInt64(at)..<UInt64(end))
            default:
                changed.blocks += added
                #expect(try await log.append(contentsOf: added).length == UInt64(changed.blocks.count))
            }
            changed.generator = generator
            self = changed
        } catch let error as HypercoreError where error.code == .storage || error.code == .signingFailed {
            return
        }
    }
}

/// Counts hashes of whole trees: one a signature, made or verified.
private final class CountingHashing: TreeHashing {
    private let hashing = BLAKE2bTreeHashing()
    private let trees = Counter()

    var treeCount: Int { trees.value }

    func leaf(_ block: RawSpan) -> Bytes32 { hashing.leaf(block) }
    func parent(size: UInt64, left: Bytes32, right: Bytes32) -> Bytes32 {
        hashing.parent(size: size, left: left, right: right)
    }
    func tree(_ roots: [TreeNode]) -> Bytes32 {
        trees.next()
        return hashing.tree(roots)
    }
}

extension TestStore {
    /// Some logs that this store can write: `log 0`, `log 1` and so on.
    fileprivate func logs(_ count: Int) async throws -> [Hypercore] {
        var logs: [Hypercore] = []
        for number in 0..<count { logs.append(try await writable("log \(number)")) }
        return logs
    }
}

extension Hypercore {
    /// How many of the log's changes are queued to be written.
    fileprivate var underwayCount: Int { core.state.withLock { $0.underway.count } }
}
