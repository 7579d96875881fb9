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
    /// How many connections a server holds at once; further ones are closed as they come.
    public var maximumConnectionCount = 1024
    /// Bytes waiting to be sent at which a connection stops uploading.
    public var writeHighWaterMark = 1 << 20
    /// Bytes waiting to be sent below which it goes on again.
    public var writeLowWaterMark = 256 << 10
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
