import Protomux
import Replication
import Synchronization

/// One core's channel on one stream: a peer, as the core sees it.
final class PeerChannel: Sendable {
    let peer: PeerID
    let core: Core
    /// The stream drops its channels when it ends, and so the two let go of each other. A core may look at a channel
    /// for a moment longer, on another thread.
    let stream: ReplicationStream
    /// The multiplexer's name for the channel.
    let channel: ChannelID
    /// Whether a thread is answering the peer's requests; another leaves it to that one.
    private let isAnswering = Atomic(false)

    private static let lastPeer = Atomic<UInt64>(0)

    init(core: Core, stream: ReplicationStream, channel: ChannelID) {
        peer = PeerID(Self.lastPeer.add(1, ordering: .relaxed).newValue)
        self.core = core
        self.stream = stream
        self.channel = channel
    }

    /// Claims the right to answer; whoever gets it calls ``stopAnswering()`` when done.
    func startAnswering() -> Bool {
        !isAnswering.exchange(true, ordering: .acquiring)
    }

    func stopAnswering() {
        isAnswering.store(false, ordering: .releasing)
    }
}
