import Protomux
import Synchronization

/// A channel that the other side has opened, and that nobody here has yet: take it or refuse it.
///
/// One that is let go of without an answer is refused. Until it is answered, what the other side sends waits, up to
/// 4 MiB; beyond that it is refused.
public final class IncomingChannel: Sendable {
    /// The stream that carries it.
    public let stream: ReplicationStream
    private let request: PairRequest
    private let isAnswered = Atomic(false)

    init(_ request: PairRequest, on stream: ReplicationStream) {
        self.request = request
        self.stream = stream
    }

    deinit {
        reject()
    }

    /// The name of the protocol.
    public var protocolName: String { request.protocolName }

    /// What tells it apart from others of its protocol.
    public var id: [UInt8]? { request.id }

    /// What the other side sent with its open.
    public var handshake: [UInt8] { request.handshake }

    /// Takes the channel: it is open at once, with what the other side has sent already.
    ///
    /// Of several that the other side opened under one name and id, the one that has waited longest is taken.
    ///
    /// - Parameters:
    ///   - handshake: sent to the other side.
    ///   - receiveBufferByteCount: how much may wait to be read; see ``MuxChannel``.
    /// - Throws: `.channelClosed` where the other side has taken it back, the stream has ended, or it was answered;
    ///   `.invalidChannel` for a handshake that is too long.
    public func accept(
        handshake: [UInt8] = [], receiveBufferByteCount: Int = MuxChannel.defaultReceiveBufferByteCount
    ) throws(ReplicationError) -> MuxChannel {
        guard !isAnswered.exchange(true, ordering: .relaxed) else {
            throw ReplicationError(.channelClosed, "the incoming channel was answered already")
        }
        return try stream.accept(
            request, handshake: handshake, receiveBufferByteCount: receiveBufferByteCount)
    }

    /// Refuses the channel. Does nothing once it was answered.
    public func reject() {
        guard !isAnswered.exchange(true, ordering: .relaxed) else { return }
        stream.reject(request)
    }
}
