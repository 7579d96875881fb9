/// Why a replication stream ended before either side closed it.
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
