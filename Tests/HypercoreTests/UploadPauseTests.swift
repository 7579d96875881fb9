import Foundation
import HypercoreStorage
import MerkleTree
import Replication
import SecretStream
import StorageEngine
import Synchronization
import TestSupport
import Testing

@testable import Hypercore

/// Answering requests pauses while too much waits to be sent, and goes on without being asked.
@Suite(.timeLimit(.minutes(5))) struct UploadPauseTests {
    @Test func `requests that came while another thread was writing are answered once it is done`() async throws {
        // With `.full` durability a commit is announced on a thread of its own, which may be made to wait.
        let store = try TestStore(durability: .full)
        let log = try await store.writable()
        let block = Array(repeating: UInt8(7), count: 1000)
        try await log.append(contentsOf: Array(repeating: block, count: 40))
        var configuration = ReplicationStream.Configuration()
        configuration.uploadBufferByteCount = block.count
        let stream = ReplicationStream(role: .initiator, configuration: configuration)
        let peer = ScriptedPeer(.responder, of: log.key)
        let transport = BlockingTransport(to: peer)
        store.registry.replicate(on: stream)
        peer.start(on: PipeEnd(to: stream))
        stream.start(on: transport)
        try await until { log.peerCount == 1 }

        transport.block()
        let appending = Task { try await log.append([1]) }
        await transport.waitUntilBlocked()
        for index in 0..<40 as Range<UInt64> {
            peer.send(.request(.init(id: index + 1, fork: 0, parts: .init(block: .init(index: index, nodes: 0)))))
        }
        // The first round of answers fills the buffer, whether it took one request or as many as a round takes, 32; the
        // others have to wait.
        try await until { (8...39).contains(log.waitingRequestCount) }
        transport.unblock()
        var answered: Set<UInt64> = []
        for await heard in peer.heard {
            if case .message(.data(let data)) = heard { answered.insert(data.request) }
            if answered.count == 40 { break }
        }
        #expect(answered == Set(1...40))
        _ = try await appending.value
        stream.close()
    }

    @Test func `an unwritable transport gets no blocks until it has drained`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<10))
        let stream = ReplicationStream(role: .initiator)
        let peer = ScriptedPeer(.responder, of: log.key)
        let transport = BlockingTransport(to: peer)
        store.registry.replicate(on: stream)
        peer.start(on: PipeEnd(to: stream))
        stream.start(on: transport)
        try await until { log.peerCount == 1 }

        transport.isWritable = false
        for index in 0..<10 as Range<UInt64> {
            peer.send(.request(.init(id: index + 1, fork: 0, parts: .init(block: .init(index: index, nodes: 0)))))
        }
        try await until { log.waitingRequestCount == 10 }
        transport.isWritable = true
        stream.transportDrained()
        var answered: Set<UInt64> = []
        for await heard in peer.heard {
            if case .message(.data(let data)) = heard { answered.insert(data.request) }
            if answered.count == 10 { break }
        }
        #expect(answered == Set(1...10))
        stream.close()
    }
}

extension Hypercore {
    /// Requests of all peers that wait for their answers.
    fileprivate var waitingRequestCount: Int {
        core.state.withLock { state in
            state.peers.keys.reduce(0) { $0 + (state.machine?.replicator.status(of: $1)?.waitingRequestCount ?? 0) }
        }
    }
}

/// A transport whose writes can be held up, and that can call itself full.
private final class BlockingTransport: StreamTransport {
    private struct State {
        var isWritable = true
        var isBlocking = false
        var isHolding = false
        var observers: [CheckedContinuation<Void, Never>] = []
    }

    private let forwarding: PipeEnd
    private let state = Mutex(State())
    private let unblocked = DispatchSemaphore(value: 0)

    init(to user: some PipeUser) {
        forwarding = PipeEnd(to: user)
    }

    var isWritable: Bool {
        get { state.withLock { $0.isWritable } }
        set { state.withLock { $0.isWritable = newValue } }
    }

    /// Makes the next write wait until ``unblock()``.
    func block() { state.withLock { $0.isBlocking = true } }

    func unblock() { unblocked.signal() }

    /// Returns when a write waits.
    func waitUntilBlocked() async {
        await withCheckedContinuation { continuation in
            let isHolding = state.withLock { state in
                if !state.isHolding { state.observers.append(continuation) }
                return state.isHolding
            }
            if isHolding { continuation.resume() }
        }
    }

    func write(_ bytes: [UInt8]) {
        let observers = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            guard state.isBlocking else { return nil }
            (state.isBlocking, state.isHolding) = (false, true)
            defer { state.observers = [] }
            return state.observers
        }
        if let observers {
            for observer in observers { observer.resume() }
            unblocked.wait()
        }
        forwarding.write(bytes)
    }

    func deadlineChanged() {}
    func close() { forwarding.close() }
}
