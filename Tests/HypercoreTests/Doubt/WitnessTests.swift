import Crypto
import MerkleTree
import Replication
import SecretStream
import StorageEngine
import Testing

@testable import Hypercore
@testable import HypercoreStorage

/// A peer that has the log from elsewhere confirms how long it is; one that has it from us does not.
@Suite(.timeLimit(.minutes(5))) struct WitnessTests {
    @Test(arguments: HistoryDoubt.allCases)
    func `a peer that has as much of the log ends the stop, for good`(doubt: HistoryDoubt) async throws {
        var store = try TestStore(TestStore.doubtfulEngine())
        let reader = try TestStore()
        var log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(store.registry, reader.registry)
        try await copy.download(end: 3).finished()
        await pipe.cutAndWait()

        store = try await store.reopened(doubting: doubt)
        log = try await store.writable()
        await log.expectStopped(AppendingStop(doubt))
        let events = log.events
        let again = MemoryPipe(reader.registry, store.registry)
        #expect(await events.first { $0 != .peerAdded } == .appendingResumed)
        #expect(try await log.append([4]).length == 4)
        await again.cutAndWait()
        store = try await store.reopened()
        #expect(try await store.writable().append([5]).length == 5)
        store = try await store.reopened(doubting: doubt)
        await (try await store.writable()).expectStopped(AppendingStop(doubt))
    }

    @Test func `only the same fork and length confirm`() async throws {
        for fork in 0...2 as ClosedRange<UInt64> {
            for length in 0...4 as ClosedRange<UInt64> {
                let store = try await Self.truncatedStore()
                let log = try await store.writable()
                #expect(log.fork == 1 && log.length == 2)
                let peer = Witness(of: store, KeyPair())
                await peer.say(.standing(fork: fork, length: length))
                let confirms = fork == 1 && length == 2
                try await store.writer?.flush()
                #expect((log.appendingStop == nil) == confirms, "fork \(fork), length \(length)")
                peer.close()
            }
        }
    }

    @Test func `what a peer says later it may have from us`() async throws {
        let store = try await TestStore.doubtful(length: 3)
        var log = try await store.writable()
        let keyPair = KeyPair()
        let peer = Witness(of: store, keyPair)
        for length in [0, 2, 3, 3] as [UInt64] { await peer.say(.standing(length: length)) }
        try await store.writer?.flush()
        #expect(log.appendingStop == .copied)
        peer.close()
        try await until { log.peerCount == 0 }
        await log.close()

        // It comes back, and is known to have been behind. Another one that never was is believed.
        log = try await store.writable()
        let again = Witness(of: store, keyPair)
        await again.say(.standing(length: 3))
        try await store.writer?.flush()
        #expect(log.appendingStop == .copied)
        let other = Witness(of: store, KeyPair())
        await other.say(.standing(length: 3))
        try await store.writer?.flush()
        #expect(log.appendingStop == nil)
        again.close()
        other.close()
    }

    @Test func `nobody is believed while a peer claims to have more`() async throws {
        for claim in [SyncMessage.standing(length: 4), .standing(fork: 1, length: 1)] {
            let store = try await TestStore.doubtful(length: 3)
            let log = try await store.writable()
            let claiming = Witness(of: store, KeyPair())
            await claiming.say(claim)
            let peer = Witness(of: store, KeyPair())
            await peer.say(.standing(length: 3))
            try await store.writer?.flush()
            #expect(log.appendingStop == .copied)
            claiming.close()
            try await until { log.peerCount == 1 }
            let other = Witness(of: store, KeyPair())
            await other.say(.standing(length: 3))
            try await store.writer?.flush()
            #expect(log.appendingStop == nil)
            peer.close()
            other.close()
        }
    }

    @Test func `nobody confirms an empty log`() async throws {
        let store = try await TestStore.doubtful(length: 0)
        let log = try await store.writable()
        let peer = Witness(of: store, KeyPair())
        await peer.say(.standing(length: 0))
        try await store.writer?.flush()
        #expect(log.appendingStop == .copied)
        peer.close()
    }

    private static let coreNumbers = (0..<2 as Range<UInt32>).map(CoreNumber.init)

    @Test func `a peer that was behind on one log confirms another`() {
        var witnesses = Witnesses()
        let (key, cores) = (KeyPair().publicKey, Self.coreNumbers)
        let believed = [(2, cores[0]), (3, cores[0]), (3, cores[1])].map { length, core in
            witnesses.hear(.standing(length: length), from: key, of: core, fork: 0, length: 3)
        }
        #expect(believed == [false, false, true])
    }

    @Test func `past so many peers that were behind nobody is believed`() {
        var witnesses = Witnesses(limit: 8)
        func isBelieved(_ key: PublicKey, _ length: UInt64) -> Bool {
            witnesses.hear(.standing(length: length), from: key, of: Self.coreNumbers[0], fork: 0, length: 3)
        }
        let witness = KeyPair().publicKey
        for number in 1...9 {
            let reader = KeyPair().publicKey
            #expect([0, 3, 0].map { isBelieved(reader, $0) } == [false, false, false])
            let isWitnessBelieved = isBelieved(witness, 3)
            #expect(isWitnessBelieved == (number <= 8))
        }
    }

    /// A doubtful store whose log was cut to 2 blocks once.
    private static func truncatedStore() async throws -> TestStore {
        let store = try TestStore(TestStore.doubtfulEngine())
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        try await log.truncate(to: 2)
        return try await store.reopened(doubting: .copied)
    }
}

/// A peer that names a length.
private final class Witness: Sendable {
    private let peer: ScriptedPeer
    private let stream = ReplicationStream(role: .initiator)
    private let link: Link

    init(of store: TestStore, _ keyPair: KeyPair) {
        peer = ScriptedPeer(.responder, of: TestStore.key(), keyPair: keyPair)
        store.registry.replicate(on: stream)
        link = Link(stream, peer)
    }

    /// Says how it stands, and returns when that was heard.
    func say(_ sync: SyncMessage) async {
        peer.send(.sync(sync))
        // Whatever becomes of a request, it is answered after the message before it was dealt with.
        peer.send(.request(.init(id: 1, fork: 9, parts: .init(block: .init(index: 0, nodes: 0)))))
        for await heard in peer.heard {
            if case .message(.noData) = heard { return }
        }
    }

    func close() { stream.close() }
}

extension SyncMessage {
    /// What a peer says that has so many blocks.
    fileprivate static func standing(fork: UInt64 = 0, length: UInt64) -> SyncMessage {
        var message = announcing(length: length)
        message.fork = fork
        return message
    }
}
