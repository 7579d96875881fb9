public import Crypto
public import Replication
import Synchronization

/// A peer that replicates a log with us: one log on one stream.
///
/// It says who that is for as long as it is held, also after the peer is gone; a peer that comes back is another one.
public struct RemotePeer: Sendable {
    let channel: PeerChannel

    /// The key that the peer has proved to hold. It says who it is only to those who know the key.
    public var publicKey: PublicKey { channel.remotePublicKey }

    /// The stream to the peer, on which there may be other logs and an application's own channels.
    public var stream: ReplicationStream { channel.stream }

    /// What the peer has of the log and how it behaves, as far as it is known now; `nil` once it is gone.
    public var status: PeerStatus? { channel.core.status(of: channel) }
}

extension RemotePeer: Hashable {
    public static func == (left: RemotePeer, right: RemotePeer) -> Bool { left.channel === right.channel }

    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(channel)) }
}

extension RemotePeer: CustomStringConvertible {
    public var description: String { "\(channel.peer) \(publicKey)" }
}

extension Hypercore {
    /// The peers that replicate the log with us right now, the one that came first first.
    ///
    /// A peer is here once both sides have opened the log on their stream and have shown each other that they know its key.
    public var peers: [RemotePeer] { core.remotePeers }
}

extension Core {
    var remotePeers: [RemotePeer] {
        state.withLock { $0.peers.values.map(RemotePeer.init) }.sorted { $0.channel.peer < $1.channel.peer }
    }

    func status(of channel: PeerChannel) -> PeerStatus? {
        state.withLock { $0.machine?.replicator.status(of: channel.peer) }
    }
}

// MARK: - Statistics

extension RemotePeer {
    /// What was exchanged with the peer since it came, how it behaves and how fast it answers; `nil` once it is gone.
    public var statistics: PeerStatistics? { channel.core.statistics(of: channel) }
}

extension Hypercore {
    /// What was exchanged with all peers that there were since the log was opened here: messages by kind, blocks, bytes, and
    /// what went wrong.
    public var replicationCounters: ReplicationCounters {
        core.state.withLock { $0.machine?.replicator.statistics ?? ReplicationCounters() }
    }
}

extension Core {
    func statistics(of channel: PeerChannel) -> PeerStatistics? {
        state.withLock { $0.machine?.replicator.statistics(of: channel.peer) }
    }
}
