import Crypto
import HypercoreStorage
import Manifest
import StorageEngine
import Synchronization
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct BranchTests {
    @Test func `a branch begins with the log's blocks, copies none, and goes on by itself`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<6))
        let (blocks, nodes) = (try store.recordCount(of: "blocks"), try store.recordCount(of: "tree"))
        let branch = try await log.branch("draft")
        #expect(try store.recordCount(of: "blocks") == blocks && store.recordCount(of: "tree") == nodes)
        #expect(try branch.length == 6 && branch.treeHash() == log.treeHash() && branch.branchName == "draft")

        try await branch.append([1])
        try await log.append([2])
        #expect(try branch.length == 7 && branch.byteLength == 43 && branch.read(6) == [1])
        #expect(try log.length == 7 && log.read(6) == [2])
        #expect(try await branch.get(3) == numberedBlocks(3..<4)[0])
        let fresh = try await TestStore().writable()
        try await fresh.append(contentsOf: numberedBlocks(0..<6) + [[1]])
        #expect(try branch.treeHash() == fresh.treeHash())
        #expect(branch.contiguousLength == 7)
        await expectError(.outOfBounds) { _ = try await branch.get(7) }
    }

    @Test(arguments: 0...9 as ClosedRange<UInt64>) func `a branch can begin at any length of the log`(
        length: UInt64
    ) async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<9))
        let branch = try await log.branch("b", checkout: length)
        #expect(try branch.length == length && branch.read(length) == nil)
        try await branch.append(contentsOf: numberedBlocks(Int(length)..<20))
        let fresh = try await TestStore().writable()
        try await fresh.append(contentsOf: numberedBlocks(0..<20))
        #expect(try branch.treeHash() == fresh.treeHash() && log.length == 9)
        #expect(try (0..<20).map { try branch.read($0) } == numberedBlocks(0..<20))
    }

    @Test func `sessions on one branch share it`() async throws {
        let log = try await TestStore().writable()
        let (first, second) = (try await log.branch("b"), try await log.branch("b"))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<40 {
                group.addTask { try await (index.isMultiple(of: 2) ? first : second).append([UInt8(index)]) }
            }
            try await group.waitForAll()
        }
        #expect(first.length == 40 && second.length == 40 && log.length == 0)
        await first.close()
        #expect(try await second.append([0]).length == 41)
        await expectError(.closed) { try await first.append([0]) }
    }

    @Test func `a branch is there after closing and reopening, and its number of the generation is not given again`()
        async throws
    {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<4))
        let branch = try await log.branch("b", checkout: 2)
        try await branch.append(contentsOf: [[1], [2]])
        let hash = try branch.treeHash()
        await branch.close()
        let again = try await store.reopened()
        let log2 = try await again.writable()
        #expect(try log2.branches() == ["b"])
        // A truncation of the log begins a generation, which must not be the branch's.
        try await log2.truncate(to: 1)
        try await log2.append(contentsOf: [[7], [8], [9]])
        let branch2 = try await log2.branch("b")
        #expect(try branch2.treeHash() == hash && branch2.read(2) == [1] && branch2.read(3) == [2])
        #expect(try (0..<4).map { try log2.read($0) } == numberedBlocks(0..<1) + [[7], [8], [9]])
    }

    @Test func `a branch takes no key, and never goes to peers`() async throws {
        let (store, other) = (try TestStore(), try TestStore())
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        let copy = try await other.reader(of: log.key)
        let pipe = MemoryPipe(store.registry, other.registry)
        _ = try await copy.get(9)
        let branch = try await copy.branch("notes")
        #expect(branch.isWritable && !copy.isWritable)
        try await branch.append([1])
        // What the branch shares with the log is downloaded through it.
        #expect(try !branch.has(4) && branch.read(4) == nil && branch.contiguousLength == 0)
        #expect(try await branch.get(4) == numberedBlocks(4..<5)[0])
        #expect(try branch.has(4) && branch.has(10) && !branch.has(11))
        #expect(log.length == 10 && copy.length == 10)
        pipe.cut()
    }

    @Test func `a branch is truncated, tells its events, and forks by itself`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        let branch = try await log.branch("b")
        let events = branch.events
        try await branch.append(contentsOf: [[1], [2]])
        try await branch.truncate(to: 3)
        try await branch.append([3])
        #expect(try branch.length == 4 && branch.fork == 1 && branch.read(3) == [3] && log.fork == 0)
        #expect(try log.read(3) == numberedBlocks(3..<4)[0])
        await expectError(.outOfBounds) { try await branch.truncate(to: 5) }
        await expectError(.outOfBounds) { try await branch.truncate(to: 1, fork: 1) }
        try await log.deleteBranch("b")
        var told: [CoreEvent] = []
        for await event in events { told.append(event) }
        #expect(told == [.appended(length: 7), .truncated(length: 3, fork: 1), .appended(length: 4)])
    }

    @Test func `a branch keeps what the log has cut off`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<8))
        let branch = try await log.branch("b", checkout: 6)
        await branch.close()
        try await log.truncate(to: 2)
        try await log.append(contentsOf: [[1], [2]])
        await store.registry.finishSweeping()
        let again = try await store.reopened()
        let log2 = try await again.writable()
        again.registry.sweep()
        await again.registry.finishSweeping()
        let branch2 = try await log2.branch("b")
        #expect(try (0..<6).map { try branch2.read($0) } == numberedBlocks(0..<6))
        await branch2.close()
        try await log2.deleteBranch("b")
        await again.registry.finishSweeping()
        #expect(try again.recordCount(of: "blocks") == 4 && again.garbageCount() == 0)
    }

    @Test func `a snapshot of a branch stays readable after the branch is cut and deleted`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        let branch = try await log.branch("b")
        try await branch.append(contentsOf: numberedBlocks(3..<6))
        let snapshot = try branch.snapshot()
        try await branch.truncate(to: 0)
        try await log.truncate(to: 0)
        try await log.deleteBranch("b")
        await store.registry.finishSweeping()
        #expect(try (0..<6).map { try snapshot.read($0) } == numberedBlocks(0..<6))
        await expectError(.unsupported) { _ = try snapshot.archive() }
        let second = try await snapshot.branch("c", checkout: 5)
        await snapshot.close()
        await store.registry.finishSweeping()
        #expect(try (0..<5).map { try second.read($0) } == numberedBlocks(0..<5))
        try await log.deleteBranch("c")
        await store.registry.finishSweeping()
        #expect(try store.recordCount(of: "blocks") == 0 && store.garbageCount() == 0)
    }

    @Test func `a branch of a branch is a branch of the log`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append([0])
        let first = try await log.branch("first")
        try await first.append([1])
        let second = try await first.branch("second")
        try await second.append([2])
        #expect(try log.branches() == ["first", "second"])
        try await log.deleteBranch("first")
        await store.registry.finishSweeping()
        #expect(try (0..<3).map { try second.read($0) } == [[0], [1], [2]])
    }

    @Test func `opening a branch that is there at a length cuts it`() async throws {
        let log = try await TestStore().writable()
        let branch = try await log.branch("b")
        try await branch.append(contentsOf: [[1], [2], [3]])
        #expect(try await log.branch("b", checkout: 2).length == 2)
        #expect(branch.length == 2)
        await expectError(.outOfBounds) { _ = try await log.branch("b", checkout: 3) }
    }

    @Test func `a branch is read by ranges, bytes and streams like a log`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<4))
        let branch = try await log.branch("b", checkout: 3)
        try await branch.append(contentsOf: [[7, 8], [9]])
        let blocks = numberedBlocks(0..<3) + [[7, 8], [9]]
        #expect(try await branch.get(0..<5) == blocks)
        #expect(try branch.has(0..<5) && !branch.has(0..<6))
        #expect(try branch.byteRange(of: 3) == 21..<23 && branch.info().byteLength == 24)
        #expect(try await branch.seek(22).block == 3)
        #expect(try branch.treeHash(length: 3) == log.treeHash(length: 3))
        var read: [[UInt8]] = []
        for try await block in branch.blocks() { read.append(block) }
        #expect(read == blocks)
        await expectError(.logTooLong) { try await branch.append([1], maxLength: 5) }
        await expectError(.unsupported) { _ = try branch.remoteProof() }
        await expectError(.unsupported) { _ = try await branch.audit() }
    }

    @Test func `an encrypted branch reads what it shares and what it has, under nonces of its own`() async throws {
        let store = try TestStore()
        let secret = SecretBytes(randomCount: 32)
        let log = try await store.writable(encryption: .key(secret))
        try await log.append([1, 1, 1])
        let branch = try await log.branch("b")
        try await branch.append([2, 2, 2])
        try await log.append([2, 2, 2])
        #expect(try (0..<2).map { try branch.read($0) } == [[1, 1, 1], [2, 2, 2]])
        let raw = (try await store.stored(log.key)?.read(1), try branch.core.block(1, of: branch.branch!.durableHead))
        #expect(raw.0?.count == 11 && raw.1?.count == 11 && raw.0 != raw.1)
        try await log.commit(branch, replacing: true)
        #expect(try log.read(1) == [2, 2, 2])
    }
}

@Suite(.timeLimit(.minutes(5))) struct BranchNamingTests {
    @Test func `branches are listed in order, in pages`() async throws {
        let store = try TestStore()
        let (log, other) = (try await store.writable("a"), try await store.writable("b"))
        for name in ["x", "b", "ä", "bb"] { await (try log.branch(name)).close() }
        _ = try await other.branch("other")
        #expect(try log.branches() == ["b", "bb", "x", "ä"])
        #expect(try log.branches(after: "b", limit: 2) == ["bb", "x"])
        #expect(try log.branches(after: "ä") == [] && log.branches(limit: 0) == [])
    }

    @Test func `names of no bytes, or of too many, are refused`() async throws {
        let log = try await TestStore().writable()
        await expectError(.outOfBounds) { _ = try await log.branch("") }
        await expectError(.outOfBounds) { _ = try await log.branch(String(repeating: "n", count: 401)) }
        await expectError(.outOfBounds) { try await log.deleteBranch("") }
        let long = String(repeating: "n", count: 400)
        _ = try await log.branch(long)
        #expect(try log.branches() == [long])
    }

    @Test func `a branch past the end of the log is refused, and nothing is left of it`() async throws {
        let log = try await TestStore().writable()
        try await log.append([1])
        await expectError(.outOfBounds) { _ = try await log.branch("b", checkout: 2) }
        #expect(try log.branches() == [])
    }

    @Test func `a branch that is not there cannot be deleted`() async throws {
        let log = try await TestStore().writable()
        await expectError(.notFound) { try await log.deleteBranch("b") }
    }

    @Test func `the sessions of a deleted branch refuse every call, and a new one of its name is another`() async throws
    {
        let log = try await TestStore().writable()
        let old = try await log.branch("b")
        try await old.append([1])
        try await log.deleteBranch("b")
        await expectError(.closed) { try await old.append([2]) }
        await expectError(.closed) { try await old.truncate(to: 0) }
        await expectError(.closed) { _ = try old.read(0) }
        await expectError(.closed) { _ = try old.snapshot() }
        await expectError(.closed) { _ = try await log.commit(old) }
        let new = try await log.branch("b")
        #expect(new.length == 0)
        try await new.append([3])
        #expect(try new.read(0) == [3])
        await old.close()
        #expect(try await new.append([4]).length == 2)
    }

    @Test func `purging a log takes its branches along`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let branch = try await log.branch("b")
        try await branch.append([1])
        await expectError(.unsupported) { try await branch.purge() }
        await expectError(.unsupported) { try await branch.clear(0..<1) }
        try await log.purge()
        await expectError(.purged) { try await branch.append([2]) }
        await store.registry.finishSweeping()
        #expect(try store.recordCount(of: "blocks") == 0)
        #expect(try await store.writable().branches() == [])
    }

    @Test func `a store that was opened read-only reads branches and makes none`() async throws {
        let engine = MemoryEngine(tables: Schema.tables)
        let (store, reading) = (try TestStore(engine), try TestStore(engine, readOnly: true))
        let log = try await store.writable()
        let branch = try await log.branch("b")
        try await branch.append([1])
        let reader = try #require(try await reading.stored(log.key))
        let follower = try await reader.branch("b")
        #expect(try follower.read(0) == [1] && !follower.isWritable)
        await expectError(.notWritable) { _ = try await reader.branch("c") }
        await expectError(.notWritable) { try await follower.append([2]) }
        try await branch.append([2])
        #expect(try await follower.update() && follower.length == 2)
        #expect(try await !follower.update())
    }
}
