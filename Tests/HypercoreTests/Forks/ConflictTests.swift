import Crypto
import Manifest
import MerkleTree
import StorageEngine
import Testing

@testable import Hypercore

/// Two signed histories of one fork, through the whole of the stack.
@Suite(.timeLimit(.minutes(5))) struct ConflictTests {
    /// Two stores that sign the same log, and have appended different blocks after some that they share.
    private struct Twins {
        let (first, second): (TestStore, TestStore)
        let (log, twin): (Hypercore, Hypercore)
        let clock = ManualClock()

        init(shared: Int = 3, _ counts: (Int, Int) = (2, 3)) async throws {
            let clock = clock
            (first, second) = (try TestStore(clock: { clock.now }), try TestStore(clock: { clock.now }))
            (log, twin) = (try await first.writable(), try await second.writable())
            for session in [log, twin] {
                if shared > 0 { try await session.append(contentsOf: numberedBlocks(0..<shared)) }
            }
            try await log.append(contentsOf: numberedBlocks(100..<100 + counts.0))
            try await twin.append(contentsOf: numberedBlocks(200..<200 + counts.1))
        }
    }

    /// The last event of a log.
    private func proof(in events: CoreEvents) async -> ConflictProof? {
        var last: CoreEvent?
        for await event in events { last = event }
        guard case .conflict(let proof) = last else { return nil }
        return proof
    }

    @Test(arguments: [(3, 2, 3), (0, 1, 2), (0, 5, 2), (3, 1, 9), (8, 9, 1)])
    func `both sides freeze, and hold the proof`(shared: Int, ours: Int, theirs: Int) async throws {
        let twins = try await Twins(shared: shared, (ours, theirs))
        let (log, twin) = (twins.log, twins.twin)
        let events = (log.events, twin.events)
        let link = ManualLink(twins.first, twins.second, clock: twins.clock)
        link.settle()
        let proofs = try [#require(await proof(in: events.0)), #require(await proof(in: events.1))]
        for proof in proofs {
            let ours = try RemoteProof(verifying: proof.ours, of: log.key)
            let theirs = try RemoteProof(verifying: proof.theirs, of: log.key)
            #expect(ours.head.fork == 0 && theirs.head.fork == 0)
            #expect(proof.length <= min(ours.head.length, theirs.head.length) && proof.length > UInt64(shared))
        }
        for session in [log, twin] {
            await expectError(.frozen) { try await session.append([1]) }
            #expect(session.peerCount == 0)
        }
    }

    @Test func `histories of one length are found to differ when one side asks the other for a block`() async throws {
        let twins = try await Twins(shared: 3, (2, 2))
        try await twins.log.clear(4..<5)
        let link = ManualLink(twins.first, twins.second, clock: twins.clock)
        link.settle()
        #expect(twins.log.peerCount == 1 && twins.twin.peerCount == 1)
        let events = (twins.log.events, twins.twin.events)
        let waiting = Task { try await twins.log.get(4) }
        try await until { twins.log.waitCount == 1 }
        link.settle()
        await expectError(.frozen) { _ = try await waiting.value }
        #expect(try #require(await proof(in: events.0)).length == 5)
        #expect(try #require(await proof(in: events.1)).length == 5)
    }

    @Test func `a frozen log can be opened and read, and neither changed nor replicated, until it is purged`()
        async throws
    {
        let twins = try await Twins()
        let key = twins.log.key
        let events = twins.log.events
        let waiting = Task { try await twins.log.get(9) }
        try await until { twins.log.waitCount == 1 }
        _ = ManualLink(twins.first, twins.second, clock: twins.clock)
        await expectError(.frozen) { _ = try await waiting.value }
        let proof = try #require(await proof(in: events))

        // At once, and by another process.
        try await until { twins.first.openCount == 0 }
        var store = twins.first
        for _ in 0..<2 {
            let log = try await store.writable()
            #expect(try log.conflict() == proof && log.length == 5)
            #expect(try log.read(4) == numberedBlocks(101..<102)[0])
            #expect(log.appendingStop == .frozen)
            await expectError(.appendingStopped) { try await log.append([1]) }
            await expectError(.appendingStopped) { try await log.truncate(to: 0) }
            await expectError(.appendingStopped) { try await log.trustHistory() }
            await expectError(.appendingStopped) { _ = try await log.get(9) }
            await expectError(.appendingStopped) { _ = try await log.update() }
            try await log.clear(0..<1)
            await log.close()
            store = try await store.reopened()
        }

        // A third peer gets nothing of it, and is none the worse.
        let reader = try TestStore(clock: { twins.clock.now })
        let frozen = try await store.writable()
        let copy = try await reader.reader(of: key)
        let other = ManualLink(store, reader, clock: twins.clock)
        other.settle()
        #expect(copy.length == 0 && frozen.length == 5)
        let another = try await store.writable("another")
        try await another.append([1])
        let second = try await reader.reader(of: another.key)
        other.settle()
        #expect(second.length == 1)

        try await frozen.purge()
        let fresh = try await store.writable()
        #expect(try fresh.conflict() == nil && fresh.length == 0)
        try await fresh.append([1])
    }

    @Test func `a peer that shares our history is let go, and keeps what it has`() async throws {
        let twins = try await Twins(shared: 3, (2, 4))
        let bystander = try TestStore(clock: { twins.clock.now })
        let copy = try await bystander.reader(of: twins.log.key)
        let calm = ManualLink(twins.first, bystander, clock: twins.clock)
        calm.settle()
        try await calm.moving { try await copy.download(end: 5).finished() }
        let link = ManualLink(twins.first, twins.second, clock: twins.clock)
        for _ in 0..<5 {
            link.settle()
            calm.settle()
        }
        // It is sent the tree that it has already, in which nothing is wrong. Only the other history would freeze it.
        #expect(copy.peerCount == 0)
        #expect(try copy.conflict() == nil)
        #expect(copy.contiguousLength == 5)
        #expect(try copy.read(4) == numberedBlocks(101..<102)[0])
    }

    @Test func `a store that cannot keep the proof ends the log all the same`() async throws {
        let twins = try await Twins()
        let waiting = Task { try await twins.log.get(9) }
        try await until { twins.log.waitCount == 1 }
        await twins.first.writer?.close()
        _ = ManualLink(twins.first, twins.second, clock: twins.clock)
        await expectError(.frozen) { _ = try await waiting.value }
    }
}
