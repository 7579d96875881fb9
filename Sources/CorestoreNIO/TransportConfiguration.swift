import Hypercore
import NIOCore
import SecretStream

/// The bounds of a transport: what may be waited for, and how much may pile up. Every limit of this module is here.
public struct TransportConfiguration: Hashable, Sendable {
    /// How long connecting may take.
    public var connectTimeout: Duration = .seconds(10)
    /// How long the encrypted handshake may take once connected; a silent peer is cut off after that. The reference
    /// waits for ever, which lets anybody hold a server's connections.
    public var handshakeTimeout: Duration = .seconds(10)
    /// How long a connection that is being closed may take to hand over what was written to it.
    public var lingerTimeout: Duration = .seconds(5)
    /// After how long without sending an empty message is sent, so that the other side sees us alive; `nil`: never.
    public var keepAliveInterval: Duration? = .seconds(5)
    /// After how long without receiving anything a connection is given up; `nil`: never.
    ///
    /// Without it, a peer whose cable was pulled is noticed after a quarter of an hour, or never where there is nothing to
    /// send. Replicating peers, the reference's too, send something every five seconds; `nil` is for one that does not.
    public var silenceTimeout: Duration? = .seconds(30)
    /// How many connections a server holds at once; further ones are closed as they come.
    public var maximumConnectionCount = 1024
    /// How many connections a server holds at once with one address; further ones are closed as they come. Of IPv6 an
    /// address is what a household is given: the first 64 bits. Behind a proxy all peers come from one address, and it has to
    /// be as much as ``maximumConnectionCount``.
    public var maximumConnectionCountPerAddress = 64
    /// How many connections of a server may be in their handshake at once; further ones are closed as they come.
    public var maximumHandshakeCount = 256
    /// Bytes waiting to be sent at which a connection stops uploading.
    public var writeHighWaterMark = 1 << 20
    /// Bytes waiting to be sent below which it goes on again.
    public var writeLowWaterMark = 256 << 10
    /// Bytes waiting to be sent at which a connection is cut, because the other side goes on asking and does not read.
    ///
    /// Blocks do not get it there, for uploads stop at ``writeHighWaterMark``. What an application sends may
    /// (`ReplicationStream.Configuration.backlogByteCount`), and one message has up to 16 MiB; it has to be more than those.
    public var maximumUnsentByteCount = 64 << 20
    /// Bytes waiting to be written in the store at which connections stop reading, until there are less. Nothing is lost by
    /// it: what is not read waits at the other side, which notices that its bytes do not leave.
    ///
    /// The default is what a store takes before those who append have to wait, too; more than that means the same.
    public var maximumUnstoredByteCount = 64 << 20
    /// The largest read from the socket, in bytes.
    public var maximumReadByteCount = 512 << 10

    /// The defaults.
    public init() {}
}

// MARK: - As the stream wants it

extension TransportConfiguration {
    /// What the stream of a connection goes by. It has no time of its own for the handshake: the transport sees to that.
    var streamConfiguration: ReplicationStream.Configuration {
        var configuration = ReplicationStream.Configuration()
        configuration.stream.handshakeTimeout = nil
        configuration.stream.keepAliveInterval = keepAliveInterval
        configuration.stream.silenceTimeout = silenceTimeout
        return configuration
    }
}

// MARK: - As the channel wants them

extension TransportConfiguration {
    /// The marks between which a connection pauses uploads.
    var waterMarks: ChannelOptions.Types.WriteBufferWaterMark {
        .init(low: writeLowWaterMark, high: writeHighWaterMark)
    }

    /// Read buffers that grow to what the connection brings at once.
    var readBuffers: AdaptiveRecvByteBufferAllocator {
        let most = maximumReadByteCount
        return AdaptiveRecvByteBufferAllocator(minimum: min(4096, most), initial: min(64 << 10, most), maximum: most)
    }
}
