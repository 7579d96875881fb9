/// Why a stream ended, or why a message was not sent.
public struct SecretStreamError: Error, Equatable, Sendable {
    /// The kind of failure, for programs.
    public enum Code: String, Equatable, Sendable {
        /// A frame of a length that cannot be: too short to be a message, or not that of the awaited handshake message.
        case invalidFrameLength
        /// The other side does not follow the handshake, does not hold the key it claims, or speaks another protocol.
        case handshakeFailed
        /// The other side's header carries another stream id: the handshake was not with it, or it takes itself for us.
        case wrongStreamID
        /// A message was altered, repeated, left out or put in another place.
        case authenticationFailed
        /// A message to send, or a received frame, is longer than the limit.
        case tooLarge
        /// The stream did not open in time, or nothing was heard for too long.
        case timedOut
        /// A message was to be sent before the handshake was complete.
        case notReady
    }

    /// The kind of failure.
    public let code: Code
    /// What happened, in words; never holds a secret.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension SecretStreamError: CustomStringConvertible {
    public var description: String { message }
}
