/// Why a replication stream, or a channel on it, ended before either side closed it, or refuses what it was asked.
public struct ReplicationError: Error, Sendable {
    /// The kind of failure, for programs.
    public enum Code: String, Equatable, Sendable {
        /// The bytes of the other side are no encrypted stream, were altered on the way, or came too late.
        case stream
        /// The other side broke the rules of the multiplexer or of a message's encoding.
        case protocolViolation
        /// The other side does not know the key of a core that it opened.
        case wrongCapability
        /// The other side sent or asked for something that it had no right to.
        case misbehaved
        /// The transport failed.
        case transport
        /// A channel of an application cannot be opened: its protocol is that of the logs, its name, id or handshake is too
        /// long, or there are too many.
        case invalidChannel
        /// The other side did not want a channel.
        case refused
        /// The channel, or its stream, has ended.
        case channelClosed
        /// The other side sent more on a channel than may wait to be read.
        case channelOverflow
        /// A message is longer than a frame may be.
        case messageTooLarge
        /// Too much waits to be sent already.
        case backlogged
    }

    /// The kind of failure.
    public let code: Code
    /// What happened. Not sent to the other side.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension ReplicationError: CustomStringConvertible {
    public var description: String { message }
}

/// How a replication stream ended.
public enum ReplicationStreamEnd: Sendable {
    /// ``ReplicationStream/close()`` was called, or the store was closed.
    case closedLocally
    /// The other side ended the connection.
    case closedByRemote
    /// Something went wrong.
    case failed(ReplicationError)
}
