import Crypto
import HypercoreStorage
import MerkleTree
import Replication
import SecretStream
import Synchronization
import Testing

@testable import Hypercore

/// A peer that asks for all that a log has and for more, and checks that it hears of nothing that was not on disk when
/// it was sent.
final class CuriousPeer: Sendable {
    /// What was heard.
    struct Heard: Sendable {
        var fork: UInt64 = 0
        var length: UInt64 = 0
        var counts: [WireMessage.Kind: Int] = [:]
        var upgrades = 0
    }

    private let ledger: HeadLedger
    private let state = Mutex((heard: Heard(), nextRequest: UInt64(1)))
    private let stream = ReplicationStream(role: .initiator)
    private let connection = Mutex<(peer: ScriptedPeer, link: SteppedLink)?>(nil)
    /// What a failed check says to repeat the test.
    private let origin: String

    init(of store: TestStore, _ ledger: HeadLedger, _ origin: String) {
        (self.ledger, self.origin) = (ledger, origin)
        let peer = ScriptedPeer(.responder, of: TestStore.key()) { [weak self] heard in
            if case .message(let message) = heard { self?.hear(message) }
        }
        store.registry.replicate(on: stream)
        let link = SteppedLink(stream, peer, ledger)
        connection.withLock { $0 = (peer, link) }
        link.step()
        peer.send(.want(.init(start: 0, length: 64)))
        link.step()
    }

    var heard: Heard { state.withLock { $0.heard } }

    func close() { stream.close() }

    /// Lets what was sent arrive.
    func listen() { connection.withLock { $0 }?.link.step() }

    /// Asks for the log as it was told, for a longer one, for one of the next fork, and for blocks that may be under way.
    func ask() {
        guard let (peer, link) = connection.withLock({ $0 }) else { return }
        link.step()
        let (fork, length) = state.withLock { ($0.heard.fork, $0.heard.length) }
        var sync = SyncMessage.announcing(length: 0)
        sync.fork = fork
        peer.send(.sync(sync))
        if length > 0 {
            request(fork, .init(upgrade: .init(start: 0, length: length)), peer)
            request(fork, .init(block: .init(index: length - 1, nodes: 0), upgrade: .init(start: 0, length: 1)), peer)
        }
        request(fork, .init(upgrade: .init(start: length, length: 1)), peer)
        request(fork, .init(block: .init(index: length, nodes: 0), upgrade: .init(start: 0, length: length + 1)), peer)
        request(fork + 1, .init(upgrade: .init(start: 0, length: 1)), peer)
        link.step()
    }

    private func request(_ fork: UInt64, _ parts: ProofRequest, _ peer: ScriptedPeer) {
        let id = state.withLock { state in
            state.nextRequest += 1
            return state.nextRequest
        }
        peer.send(.request(.init(id: id, fork: fork, parts: parts)))
    }

    // MARK: Checking

    private func hear(_ message: WireMessage) {
        let count = connection.withLock { $0?.link.headCount } ?? 1
        let durable = Array(ledger.heads.prefix(count))
        state.withLock { $0.heard.counts[message.kind, default: 0] += 1 }
        switch message {
        case .sync(let sync):
            #expect(durable.contains { $0.fork == sync.fork && $0.length == sync.length }, "\(sync), \(origin)")
            state.withLock { ($0.heard.fork, $0.heard.length) = (sync.fork, sync.length) }
        case .range(let range) where !range.isDrop:
            checkEnd(range.start + range.length, durable, message)
        case .bitfield(let bitfield):
            for (word, bits) in bitfield.words.enumerated() where bits != 0 {
                checkEnd(bitfield.start + UInt64(32 * word + 32 - bits.leadingZeroBitCount), durable, message)
            }
        case .data(let data):
            check(data, durable)
        default: break
        }
    }

    /// The core may not yet know of the last head that is on disk; it knows of the one before.
    private func checkEnd(_ end: UInt64, _ durable: [HeadRecord], _ message: WireMessage) {
        #expect(durable.suffix(2).contains { end <= $0.length }, "\(message), \(origin)")
    }

    private func check(_ data: DataMessage, _ durable: [HeadRecord]) {
        let heads = durable.filter { $0.fork == data.fork }
        if let block = data.proof.block {
            #expect(heads.contains { block.index < $0.length }, "block \(block.index) of fork \(data.fork), \(origin)")
        }
        guard let upgrade = data.proof.upgrade else { return }
        let end = (upgrade.nodes + upgrade.additionalNodes).map { FlatTree.blocks(under: $0.index).upperBound }.max()
        #expect(
            heads.contains { $0.signature == upgrade.signature && (end ?? 0) <= $0.length },
            "an upgrade from \(upgrade.start) by \(upgrade.length) of fork \(data.fork), \(origin)")
        state.withLock { $0.heard.upgrades += 1 }
    }
}
