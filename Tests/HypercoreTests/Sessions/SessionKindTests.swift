import Crypto
import HypercoreStorage
import StorageEngine
import Synchronization
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct FurtherSessionTests {
    @Test func `a session of a session shares its log, and closes alone`() async throws {
        let log = try await TestStore().writable()
        let second = try await log.session()
        #expect(second.core === log.core && log.sessionCount == 2)
        try await second.append([1])
        await log.close()
        #expect(try second.length == 1 && second.read(0) == [1] && second.sessionCount == 1)
        await expectError(.closed) { _ = try await log.session() }
        try await second.append([2])
    }

    @Test func `a session encrypts as the one that it was opened from, unless it is told how`() async throws {
        let store = try TestStore()
        let (secret, other) = (SecretBytes(copying: Array(repeating: 7, count: 32)), SecretBytes(randomCount: 32))
        let log = try await store.writable(encryption: .key(secret))
        try await log.append([1, 2, 3])
        let heir = try await log.session()
        let stranger = try await log.session(options: SessionOptions(encryption: .key(other)))
        #expect(try heir.read(0) == [1, 2, 3])
        #expect(try stranger.read(0) != [1, 2, 3])
        try await heir.append([4])
        #expect(try log.read(1) == [4])
    }

    @Test func `a session of a snapshot is on the same snapshot, and keeps it readable`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        let snapshot = try log.snapshot()
        let again = try await snapshot.session(options: SessionOptions(isExclusive: true))
        try await log.truncate(to: 0)
        await snapshot.close()
        await store.registry.finishSweeping()
        #expect(try again.isSnapshot && again.length == 5 && again.read(4) == numberedBlocks(4..<5)[0])
    }

    @Test func `all sessions are closed at once, and the log can be opened again`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let (second, snapshot, branch) = (try await log.session(), try log.snapshot(), try await log.branch("b"))
        let weak = try await log.session(options: SessionOptions(isWeak: true))
        #expect(log.sessionCount == 5)
        let waiting = Task { try await second.get(9) }
        try await until { log.waitCount == 1 }
        try await log.closeAll()
        await expectError(.closed) { _ = try await waiting.value }
        for session in [log, second, snapshot, branch, weak] {
            await expectError(.closed) { _ = try session.read(0) }
        }
        await expectError(.closed) { try await log.closeAll() }
        #expect(try await store.writable().append([1]).length == 1)
    }

    @Test func `closing a session ends a change of it that stands in line`() async throws {
        let signer = ManualSigner()
        let log = try await TestStore().signed(by: signer)
        let second = try await log.session()
        let first = Task { try await log.append([1]) }
        await signer.asked(1)
        let waiting = Task { try await second.append([2]) }
        try await until { log.lineCount == 1 }
        await second.close()
        await expectError(.closed) { _ = try await waiting.value }
        signer.answer()
        #expect(try await first.value.length == 1)
    }
}

@Suite(.timeLimit(.minutes(5))) struct ReadOnlySessionTests {
    @Test func `a read-only session reads, and refuses every change`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append([1])
        let reader = try await log.session(options: SessionOptions(isReadOnly: true))
        #expect(try reader.isReadOnly && !reader.isWritable && reader.read(0) == [1] && log.isWritable)
        await expectError(.notWritable) { try await reader.append([2]) }
        await expectError(.notWritable) { try await reader.append(contentsOf: []) }
        await expectError(.notWritable) { try await reader.truncate(to: 0) }
        await expectError(.notWritable) { try await reader.clear(0..<1) }
        await expectError(.notWritable) { try await reader.setUserData([1], for: "a") }
        await expectError(.notWritable) { try await reader.purge() }
        await expectError(.notWritable) { try await reader.trustHistory() }
        await expectError(.notFound) { _ = try await reader.branch("b") }
        await expectError(.notWritable) { try await reader.deleteBranch("b") }
        await expectError(.notWritable) {
            try await store.registry.atomically { batch in _ = try batch.append([1], to: reader) }
        }
        #expect(log.length == 1)
        try await log.append([2])
        #expect(reader.length == 2)
    }

    @Test func `what is opened from a read-only session is read-only`() async throws {
        let log = try await TestStore().writable()
        let branch = try await log.branch("b")
        let reader = try await log.session(options: SessionOptions(isReadOnly: true))
        await expectError(.notWritable) { try await reader.session().append([1]) }
        let readingBranch = try await reader.branch("b")
        #expect(!readingBranch.isWritable && branch.isWritable)
        await expectError(.notWritable) { try await readingBranch.append([1]) }
        #expect(try reader.snapshot().isSnapshot)
    }

    @Test func `a log is opened read-only from the store`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let reader = try #require(
            try await store.registry.session(log.discoveryKey, options: SessionOptions(isReadOnly: true)))
        await expectError(.notWritable) { try await reader.append([1]) }
    }
}

@Suite(.timeLimit(.minutes(5))) struct WeakSessionTests {
    @Test func `a weak session closes with the last other one, and its waits end`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append([1])
        let second = try await log.session()
        let weak = try await log.session(options: SessionOptions(isWeak: true))
        let waiting = Task { try await weak.get(5) }
        try await until { log.waitCount == 1 }
        await log.close()
        #expect(try weak.read(0) == [1])
        await second.close()
        await expectError(.closed) { _ = try await waiting.value }
        await expectError(.closed) { _ = try weak.read(0) }
        #expect(try await store.writable().append([2]).length == 2)
        await expectError(.closed) { _ = try weak.read(0) }
    }

    @Test func `a snapshot of a weak session is weak as well`() async throws {
        let store = try TestStore()
        weak var core: Core?
        let log = try await store.writable()
        try await log.append([1])
        let snapshot = try await log.session(options: SessionOptions(isWeak: true)).snapshot()
        core = log.core
        #expect(try snapshot.read(0) == [1])
        await log.close()
        await expectError(.closed) { _ = try snapshot.read(0) }
        #expect(core?.sessions.withLock { $0.count } == 0)
    }

    @Test func `a weak session needs somebody else to have the log open`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let weak = try #require(
            try await store.registry.session(log.discoveryKey, options: SessionOptions(isWeak: true)))
        try await weak.append([1])
        await log.close()
        await expectError(.closed) {
            _ = try await store.registry.session(log.discoveryKey, options: SessionOptions(isWeak: true))
        }
    }

    @Test func `closing a weak session twice, or after its log, lets go of nothing that others hold`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let weak = try await log.session(options: SessionOptions(isWeak: true))
        await weak.close()
        await weak.close()
        try await log.append([1])
        let second = try await log.session(options: SessionOptions(isWeak: true))
        await log.close()
        await second.close()
        #expect(try await store.writable().length == 1)
    }
}

@Suite(.timeLimit(.minutes(5))) struct ExclusiveSessionTests {
    private static let exclusive = SessionOptions(isExclusive: true)

    @Test func `exclusive sessions follow each other, first come, first served`() async throws {
        let log = try await TestStore().writable()
        let first = try await log.session(options: Self.exclusive)
        let second = Task { try await log.session(options: Self.exclusive) }
        try await until { log.core.exclusivity.waiterCount == 1 }
        let third = Task { try await log.session(options: Self.exclusive) }
        try await until { log.core.exclusivity.waiterCount == 2 }
        await first.close()
        let holder = try await second.value
        #expect(log.core.exclusivity.waiterCount == 1)
        await holder.close()
        try await third.value.append([1])
        #expect(log.length == 1)
    }

    @Test func `other sessions are neither kept from opening nor from writing`() async throws {
        let log = try await TestStore().writable()
        let exclusive = try await log.session(options: Self.exclusive)
        let plain = try await log.session()
        try await plain.append([1])
        let reader = try await log.session(options: SessionOptions(isExclusive: true, isReadOnly: true))
        #expect(try reader.read(0) == [1] && exclusive.length == 1)
    }

    @Test func `an exclusive session that is dropped lets the next one in`() async throws {
        let log = try await TestStore().writable()
        do { _ = try await log.session(options: Self.exclusive) }
        _ = try await log.session(options: Self.exclusive)
    }

    @Test func `a wait for exclusivity can be cancelled, and the one behind it moves up`() async throws {
        let log = try await TestStore().writable()
        let first = try await log.session(options: Self.exclusive)
        let second = Task { try await log.session(options: Self.exclusive) }
        try await until { log.core.exclusivity.waiterCount == 1 }
        let third = Task { try await log.session(options: Self.exclusive) }
        try await until { log.core.exclusivity.waiterCount == 2 }
        second.cancel()
        await #expect(throws: CancellationError.self) { _ = try await second.value }
        await first.close()
        _ = try await third.value
        #expect(log.sessionCount == 2)
    }

    @Test(arguments: [false, true]) func `a wait for exclusivity ends when the log, or the store, is closed`(
        store closesStore: Bool
    ) async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let first = try await log.session(options: Self.exclusive)
        let second = Task { try await log.session(options: Self.exclusive) }
        try await until { log.core.exclusivity.waiterCount == 1 }
        if closesStore { store.registry.close() } else { try await first.closeAll() }
        await expectError(.closed) { _ = try await second.value }
        await expectError(.closed) { _ = try await log.session(options: Self.exclusive) }
    }

    @Test func `many tasks have exclusivity one at a time`() async throws {
        let log = try await TestStore().writable()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    let session = try await log.session(options: Self.exclusive)
                    let length = session.length
                    await Task.yield()
                    #expect(try await session.append([1]).length == length + 1)
                    await session.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(log.length == 50)
    }
}
