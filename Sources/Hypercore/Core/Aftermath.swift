import Replication
import StorageEngine

/// What has to happen after the core's lock was released, in this order: send, commit, tell, resume, answer.
///
/// Requests for the next blocks leave before a commit is carried out, so that the network works while the disk does.
struct Aftermath {
    /// Whether anybody hears of events; if not, those of single blocks are not made.
    let isHeard: Bool
    /// Streams that have something to send.
    private var streams: [ObjectIdentifier: ReplicationStream] = [:]
    /// The one that was added last.
    private var latestStream: ReplicationStream?
    /// Whether a write set was queued that nobody awaits.
    var drivesWriter = false
    var events: [CoreEvent] = []
    var groupUpdates: [GroupUpdate] = []
    var ended: [(WaiterTable.Handler, Result<WantOutcome, any Error>)] = []
    /// Peers whose requests can be answered.
    var answering: [PeerChannel] = []
    /// Streams to be destroyed, and why.
    var failing: [(ReplicationStream, ReplicationError)] = []
    /// Channels to be closed, and why.
    var closing: [(PeerChannel, ReplicationStream.ChannelClosure)] = []
    /// Who has received messages of applications.
    var wakes: [Wake] = []
    /// Streams that time matters to earlier than they know, and when.
    var rescheduling: (streams: [ReplicationStream], at: Milliseconds)?
    /// Whether the log is wanted on every stream there is.
    var wantsChannels = false
    /// The proof of two signed histories, by which the core ends.
    var conflict: ConflictProof?

    init(isHeard: Bool) {
        self.isHeard = isHeard
    }

    mutating func send(on stream: ReplicationStream) {
        guard stream !== latestStream else { return }
        latestStream = stream
        streams[ObjectIdentifier(stream)] = stream
    }

    func carryOut(on core: Core) {
        for (stream, error) in failing { stream.fail(error) }
        for (channel, closure) in closing { channel.stream.close(channel, because: closure) }
        for stream in streams.values { stream.flush() }
        if drivesWriter { core.writer?.drive() }
        if !events.isEmpty { core.eventsIfAny?.publish(events) }
        if !groupUpdates.isEmpty { core.registry.groups.publish(groupUpdates, of: core) }
        for (handler, result) in ended { handler(result) }
        for wake in wakes { wake() }
        if let rescheduling {
            for stream in rescheduling.streams { stream.bringForward(to: rescheduling.at) }
        }
        if wantsChannels { core.registry.tellWanted(core) }
        if let conflict { core.end(.frozen(conflict)) }
        for channel in answering {
            core.answerRequests(on: channel)
            channel.stream.flush()
        }
    }
}
