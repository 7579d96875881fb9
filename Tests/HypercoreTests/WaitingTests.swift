import Replication
import SecretStream
import StorageEngine
import Synchronization
import TestSupport
import Testing

@testable import Hypercore

/// What a session can be made to wait for: a block, a longer log, a range.
enum Wait: String, CaseIterable, Sendable {
    case get, getWithTimeout, update, download

    /// Waits for what no peer brings.
    func run(on log: Hypercore) async throws {
        switch self {
        case .get: _ = try await log.get(5)
        case .getWithTimeout: _ = try await log.get(5, timeout: .seconds(3600))
        case .update: _ = try await log.update()
        case .download: try await log.download(end: 6).finished()
        }
    }
}

@Suite(.timeLimit(.minutes(5))) struct WaitingTests {
    /// A log with a peer that opens it and then never says a word, so that every wait waits.
    private struct SilentPeer {
        let store: TestStore
        let log: Hypercore
        let peer: ScriptedPeer
        let stream: ReplicationStream

        init() async throws {
            store = try TestStore()
            log = try await store.reader(of: TestStore.key())
            peer = ScriptedPeer(.responder, of: log.key)
            stream = ReplicationStream(role: .initiator)
            store.registry.replicate(on: stream)
            Link(stream, peer)
            // It has six blocks, and answers no request for them.
            peer.send(.sync(.announcing(length: 6)))
            peer.send(.range(.init(start: 0, length: 6)))
            let log = log
            try await until { log.peerCount == 1 }
        }

        /// Begins a wait, and returns when it is under way.
        func begin(_ wait: Wait) async throws -> Task<Void, any Error> {
            let before = log.waitCount
            let log = log
            let task = Task { try await wait.run(on: log) }
            try await until { log.waitCount == before + 1 }
            return task
        }
    }

    @Test(arguments: Wait.allCases) func `closing the session ends what waits through it`(wait: Wait) async throws {
        let silent = try await SilentPeer()
        let task = try await silent.begin(wait)
        await silent.log.close()
        await expectError(.closed) { try await task.value }
        silent.stream.close()
    }

    @Test(arguments: Wait.allCases) func `closing the store ends every wait`(wait: Wait) async throws {
        let silent = try await SilentPeer()
        let task = try await silent.begin(wait)
        silent.store.registry.close()
        await expectError(.closed) { try await task.value }
        silent.stream.close()
    }

    @Test(arguments: Wait.allCases) func `closing one session leaves the waits of another alone`(
        wait: Wait
    ) async throws {
        let silent = try await SilentPeer()
        let other = try await silent.store.reader(of: silent.log.key)
        let task = try await silent.begin(wait)
        await other.close()
        #expect(silent.log.waitCount == 1)
        await silent.log.close()
        await expectError(.closed) { try await task.value }
        silent.stream.close()
    }

    @Test(arguments: Wait.allCases) func `cancelling the task ends the wait, and others go on`(wait: Wait) async throws
    {
        let silent = try await SilentPeer()
        let (cancelled, other) = (try await silent.begin(wait), try await silent.begin(wait))
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        await silent.log.close()
        await expectError(.closed) { try await other.value }
        silent.stream.close()
    }

    @Test(arguments: Wait.allCases) func `a task that is cancelled already does not wait`(wait: Wait) async throws {
        let silent = try await SilentPeer()
        let log = silent.log
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await wait.run(on: log)
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        silent.stream.close()
    }

    @Test func `waiting for a download can be cancelled while the download goes on`() async throws {
        let silent = try await SilentPeer()
        let download = try silent.log.download(end: 6)
        let task = Task { try await download.finished() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(silent.log.waitCount == 1)
        download.cancel()
        await #expect(throws: CancellationError.self) { try await download.finished() }
        #expect(silent.log.waitCount == 0)
        silent.stream.close()
    }

    @Test func `a get gives up after its time, with or without peers`() async throws {
        let silent = try await SilentPeer()
        let error = await expectError(.timedOut) { _ = try await silent.log.get(0, timeout: .milliseconds(1)) }
        #expect(error?.message.contains("block 0") == true)
        let lonely = try await TestStore().reader(of: silent.log.key)
        await expectError(.timedOut) { _ = try await lonely.get(0, timeout: .milliseconds(1)) }
        #expect(lonely.waitCount == 0 && silent.log.waitCount == 0)
        silent.stream.close()
    }

    @Test func `a get of what is here does not wait, whatever its time`() async throws {
        let log = try await TestStore().writable()
        try await log.append([7])
        #expect(try await log.get(0, timeout: .zero) == [7])
    }

    @Test func `without peers there is nothing to update from`() async throws {
        let log = try await TestStore().reader(of: TestStore.key())
        #expect(try await log.update() == false)
    }

    @Test func `an update learns of the longer log`() async throws {
        let (seeder, reader) = (try TestStore(), try TestStore())
        let log = try await seeder.writable()
        try await log.append(contentsOf: numberedBlocks(0..<7))
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(seeder.registry, reader.registry)
        try await until { copy.peerCount == 1 }
        while copy.length < 7 { _ = try await copy.update() }
        #expect(try copy.length == 7 && copy.treeHash() == log.treeHash())
        #expect(try copy.storedBlocks(of: 7) == [])
        pipe.cut()
    }

    @Test func `a get past the end waits for the block to be appended here`() async throws {
        let log = try await TestStore().writable()
        let task = Task { try await log.get(1) }
        try await until { log.waitCount == 1 }
        try await log.append([0])
        #expect(log.waitCount == 1)
        try await log.append([1])
        #expect(try await task.value == [1])
    }

    @Test func `a download of nothing, or of what is here, is finished at once`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        try await log.download(start: 0, end: 3).finished()
        try await log.download(start: 2, end: 1).finished()
        #expect(log.waitCount == 0)
    }
}
