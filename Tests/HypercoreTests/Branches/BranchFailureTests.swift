import HypercoreStorage
import StorageEngine
import Synchronization
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct BranchFailureTests {
    private typealias Fault = FaultInjectingEngine.Fault

    /// A store that fails when it is told to, with a log of two blocks and a branch of one more.
    private struct Scene {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let store: TestStore
        let log: Hypercore
        let branch: Hypercore

        init() async throws {
            store = try TestStore(engine, durability: .full)
            log = try await store.writable()
            try await log.append(contentsOf: [[0], [1]])
            branch = try await log.branch("b")
            try await branch.append([2])
        }
    }

    @Test(arguments: [.write, .commit, .sync] as [FaultInjectingEngine.Operation])
    func `an append to a branch that fails changes nothing, and the next one works`(
        operation: FaultInjectingEngine.Operation
    ) async throws {
        let scene = try await Scene()
        let hash = try scene.branch.treeHash()
        scene.engine.inject(Fault(operation))
        await expectError(.storage) { try await scene.branch.append([9]) }
        #expect(try scene.branch.length == 3 && scene.branch.treeHash() == hash && scene.branch.read(3) == nil)
        #expect(try await scene.branch.append([3]).length == 4)
        let again = try await scene.store.reopened().writable()
        #expect(try await (0..<4).asyncMap { try await again.branch("b").read(UInt64($0)) } == [[0], [1], [2], [3]])
    }

    @Test func `appends to a branch that were chained on one that failed are repeated, and land once`() async throws {
        let engine = FaultInjectingEngine(MemoryEngine(tables: Schema.tables))
        let gate = GatedEngine(engine)
        let store = try TestStore(gate, durability: .full)
        let branch = try await store.writable().branch("b")
        gate.shut()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await expectError(.storage) { try await branch.append([200]) } }
            await gate.waitUntilHolding()
            for index in 0..<30 { group.addTask { try await branch.append([UInt8(index)]) } }
            try await until { branch.branch?.state.withLock { $0.staged.length } == 31 }
            engine.inject(Fault(.commit))
            gate.open()
            try await group.waitForAll()
        }
        let blocks = try (0..<branch.length).map { try #require(try branch.read($0)) }
        #expect(Set(blocks) == Set((0..<30).map { [UInt8($0)] }) && blocks.count == 30)
    }

    @Test func `a branch whose creation failed is not there, and can be made later`() async throws {
        let scene = try await Scene()
        scene.engine.inject(Fault(.commit))
        await expectError(.storage) { _ = try await scene.log.branch("c") }
        #expect(try scene.log.branches() == ["b"])
        #expect(try await scene.log.branch("c").append([5]).length == 3)
    }

    @Test func `a branch whose deletion failed is still there`() async throws {
        let scene = try await Scene()
        scene.engine.inject(Fault(.commit))
        await expectError(.storage) { try await scene.log.deleteBranch("b") }
        #expect(try scene.branch.read(2) == [2] && scene.log.branches() == ["b"])
        #expect(try await scene.branch.append([3]).length == 4)
        try await scene.log.deleteBranch("b")
        #expect(try scene.log.branches() == [])
    }

    @Test(arguments: [.write, .commit, .sync] as [FaultInjectingEngine.Operation], [false, true])
    func `a commit of a branch that fails has done nothing`(
        operation: FaultInjectingEngine.Operation, replacing: Bool
    ) async throws {
        let scene = try await Scene()
        if replacing { try await scene.log.append([7]) }
        let (hash, length) = (try scene.log.treeHash(), scene.log.length)
        scene.engine.inject(Fault(operation))
        await expectError(.storage) { _ = try await scene.log.commit(scene.branch, replacing: replacing) }
        #expect(try scene.log.length == length && scene.log.fork == 0 && scene.log.treeHash() == hash)
        #expect(scene.log.contiguousLength == length)
        let store = try await scene.store.reopened()
        let log = try await store.writable()
        #expect(try log.treeHash() == hash)
        let branch = try await log.branch("b")
        #expect(try await log.commit(branch, replacing: replacing).length == 3)
        #expect(try log.read(2) == [2] && log.fork == (replacing ? 1 : 0))
    }

    @Test func `a branch whose disk holds more than it was told ends, and is what is on disk when opened again`()
        async throws
    {
        let scene = try await Scene()
        scene.engine.inject(Fault(.commit, .afterTakingEffect))
        await expectError(.storage) { try await scene.branch.append([3]) }
        await expectError(.conflict) { try await scene.branch.append([4]) }
        await scene.branch.close()
        let again = try await scene.log.branch("b")
        #expect(try again.length == 4 && again.read(3) == [3])
        #expect(try await again.append([4]).length == 5)
    }

    @Test func `a log that is closed while its branch is written to goes on from there`() async throws {
        let gate = GatedEngine(MemoryEngine(tables: Schema.tables))
        let store = try TestStore(gate, durability: .full)
        let log = try await store.writable()
        let branch = try await log.branch("b")
        gate.shut()
        let appending = Task { try await branch.append([1]) }
        await gate.waitUntilHolding()
        try await log.closeAll()
        let again = try await store.writable()
        let reopened = Task { try await again.branch("b") }
        gate.open()
        #expect(try await appending.value.length == 1)
        #expect(try await reopened.value.append([2]).length == 2)
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
