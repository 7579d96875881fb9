/// Why a connection or a listening socket could not be had, or was lost, in words that a person can act on.
public struct TransportError: Error, Equatable, Sendable {
    /// The kind of failure, for programs.
    public enum Code: String, Equatable, Sendable {
        /// Another socket listens on this address and port.
        case addressInUse
        /// The address belongs to no interface of this machine.
        case addressNotAvailable
        /// The system does not let this user listen there.
        case notPermitted
        /// Nobody listens at the other end.
        case refused
        /// There is no way to the host.
        case unreachable
        /// The host's name is not known.
        case nameNotFound
        /// The other side did not answer in time.
        case timedOut
        /// The other side, or something between, cut the connection.
        case reset
        /// The other side sends, and does not read what it is answered.
        case notReading
        /// The connection, or the server, is closed.
        case closed
        /// The text is no name that a host can have.
        case invalidName
        /// The other side's public key is not admitted here (``PeerAdmission``).
        case notAdmitted
        /// The other side ended the connection right after the handshake: most likely it does not admit our key.
        case turnedAway
        /// The task that wanted the connection was cancelled.
        case cancelled
        /// Anything else that the system reported; the message says what.
        case failed
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, where, and what can be done.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension TransportError: CustomStringConvertible {
    public var description: String { message }
}
