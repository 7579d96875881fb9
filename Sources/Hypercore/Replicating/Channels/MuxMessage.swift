/// A message of a channel of an application's own.
public struct MuxMessage: Hashable, Sendable {
    /// The number of the message within its protocol, from 0 up.
    public let type: UInt64
    /// The message itself, in an encoding that is up to the protocol.
    public let body: [UInt8]

    /// Creates a message.
    public init(type: UInt64 = 0, body: [UInt8]) {
        self.type = type
        self.body = body
    }
}

/// How a channel of an application's own ended.
public enum MuxChannelEnd: Sendable {
    /// ``MuxChannel/close()`` was called.
    case closedLocally
    /// The other side closed it.
    case closedByRemote
    /// The other side did not want it.
    case refused
    /// The stream ended, in this way.
    case streamEnded(ReplicationStreamEnd)
    /// It was closed here because something went wrong: its messages were not read fast enough.
    case failed(ReplicationError)

    /// What whoever still reads or sends is told; `nil` for an end that somebody has chosen.
    var error: ReplicationError? {
        switch self {
        case .closedLocally, .closedByRemote, .streamEnded(.closedLocally), .streamEnded(.closedByRemote): nil
        case .refused: ReplicationError(.refused, "the other side did not want the channel")
        case .streamEnded(.failed(let error)), .failed(let error): error
        }
    }
}
