import HypercoreStorage
import StorageEngine
import Testing

@testable import Hypercore

/// Two stores on one engine, of which one only reads: what two processes are to each other.
@Suite(.timeLimit(.minutes(5))) struct FollowingTests {
    @Test func `a store that only reads sees what another appends, when it asks`() async throws {
        let (writing, reading) = try pair()
        let log = try await writing.writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        let follower = try #require(try await reading.stored(TestStore.key()))
        try await log.append(contentsOf: numberedBlocks(3..<5))
        #expect(follower.length == 3)
        #expect(try await follower.update())
        #expect(follower.length == 5)
        #expect(try follower.read(4) == numberedBlocks(4..<5)[0])
        #expect(try await !follower.update())
    }

    @Test func `what another has cut off or cleared is not here, and not called damage`() async throws {
        let (writing, reading) = try pair()
        let log = try await writing.writable()
        try await log.append(contentsOf: numberedBlocks(0..<8))
        let follower = try #require(try await reading.stored(TestStore.key()))
        try await log.clear(1..<2)
        #expect(try follower.read(1) == nil)
        try await log.truncate(to: 4)
        await writing.registry.finishSweeping()
        #expect(try follower.read(6) == nil)
        #expect(follower.length == 4 && follower.fork == 1)
        try await log.append(contentsOf: [[9], [9], [9]])
        #expect(try await follower.update())
        #expect(try follower.read(6) == [9])
        #expect(try follower.storedBlocks(of: 7) == [0, 2, 3, 4, 5, 6])
    }

    @Test func `a snapshot in another process says so when what it read was swept`() async throws {
        let (writing, reading) = try pair()
        let log = try await writing.writable()
        try await log.append(contentsOf: numberedBlocks(0..<8))
        let follower = try #require(try await reading.stored(TestStore.key()))
        let snapshot = try follower.snapshot()
        try await log.truncate(to: 4)
        await writing.registry.finishSweeping()
        #expect(try snapshot.read(3) == numberedBlocks(3..<4)[0])
        await expectError(.snapshotGone) { _ = try snapshot.read(6) }
    }

    @Test func `a log that another has purged ends`() async throws {
        let (writing, reading) = try pair()
        let log = try await writing.writable()
        try await log.append(contentsOf: numberedBlocks(0..<8))
        let follower = try #require(try await reading.stored(TestStore.key()))
        try await log.purge()
        await writing.registry.finishSweeping()
        await expectError(.purged) { _ = try follower.read(3) }
        await expectError(.purged) { _ = try await follower.update() }
    }

    private func pair() throws -> (writing: TestStore, reading: TestStore) {
        let engine = MemoryEngine(tables: Schema.tables)
        return (try TestStore(engine), try TestStore(engine, readOnly: true))
    }
}
