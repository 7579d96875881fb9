/// What a peer did wrong. Logged with its details; nothing of it is sent to the peer.
public struct PeerFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kind of fault, for programs.
    public enum Code: String, Hashable, Sendable {
        /// Data that did not verify.
        case invalidData
        /// More requests than ``ReplicationLimits/requestsFromPeer`` waited to be answered.
        case tooManyRequests
        /// More than ``ReplicationLimits/invalidRequests`` requests could not be answered.
        case tooManyInvalidRequests
    }

    /// The kind of fault.
    public let code: Code
    /// What was wrong, for a log.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
