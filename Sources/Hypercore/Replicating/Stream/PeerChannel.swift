import Crypto
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
    /// Who is at the other end.
    let remotePublicKey: PublicKey
    /// Whether it is over; changed under the core's lock. A channel may end, on another thread, before the core was told
    /// that it is open, and must not be taken for a peer after that.
    let isOver = Atomic(false)
    /// Whether a thread is answering the peer's requests, and whether more came that it has to look at before it stops.
    private let answering = Mutex(Answering.idle)

    private enum Answering {
        case idle
        case busy
        case busyWithMore
    }

    private static let lastPeer = Atomic<UInt64>(0)

    init(core: Core, stream: ReplicationStream, channel: ChannelID, remotePublicKey: PublicKey) {
        peer = PeerID(Self.lastPeer.add(1, ordering: .relaxed).newValue)
        self.core = core
        self.stream = stream
        self.channel = channel
        self.remotePublicKey = remotePublicKey
    }

    /// Claims the right to answer; whoever gets it answers until ``stopAnswering()`` says true. If another thread has it,
    /// that one is told to look again.
    func startAnswering() -> Bool {
        answering.withLock { answering in
            defer { answering = answering == .idle ? .busy : .busyWithMore }
            return answering == .idle
        }
    }

    /// Gives the right back, unless more has come meanwhile.
    func stopAnswering() -> Bool {
        answering.withLock { answering in
            defer { answering = answering == .busy ? .idle : .busy }
            return answering == .busy
        }
    }
}
