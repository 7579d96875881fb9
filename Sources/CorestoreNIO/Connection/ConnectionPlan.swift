import Crypto
import Hypercore
import Logging
import NIOCore

/// What a connection is to become once its socket is there: the stream, who may be at the other end, and what it is for.
struct ConnectionPlan: Sendable {
    let stream: ReplicationStream
    let progress: ConnectionProgress
    let configuration: TransportConfiguration
    let logger: Logger
    /// Says why a peer of this key is not wanted; called on the event loop, once the handshake is complete.
    let refusal: @Sendable (PublicKey) -> TransportError?
    /// What the stream is for; called on the event loop, once the peer is admitted.
    let attach: @Sendable (ReplicationStream) -> Void

    /// Puts the stream onto a channel that is about to become active.
    func install(on channel: any Channel) throws {
        let transport = ChannelTransport(channel: channel, highWaterMark: configuration.writeHighWaterMark)
        try channel.pipeline.syncOperations.addHandler(ReplicationHandler(self, transport: transport))
    }
}
