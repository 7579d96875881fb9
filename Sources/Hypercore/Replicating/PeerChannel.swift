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
    /// Whether a thread is answering the peer's requests, and whether more came that it has to look at before it stops.
    private let answering = Mutex(Answering.idle)

    private enum Answering {
        case idle
        case busy
        case busyWithMore
    }

    private static let lastPeer = Atomic<UInt64>(0)

    init(core: Core, stream: ReplicationStream, channel: ChannelID) {
        peer = PeerID(Self.lastPeer.add(1, ordering: .relaxed).newValue)
        self.core = core
        self.stream = stream
        self.channel = channel
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
