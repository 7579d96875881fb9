public import CompactEncoding

/// Why a multiplexer refuses a frame, and with it the stream, or refuses a call.
public struct ProtomuxError: Error, Equatable, Sendable {
    /// What is wrong.
    public enum Code: Equatable, Sendable {
        /// The frame is not a valid encoding.
        case malformedFrame(CompactDecodingError)
        /// The other side opened a channel number that it already uses, that leaves a gap, or that is 0.
        case invalidOpen(remoteID: UInt64)
        /// The other side rejected a channel number that no open of ours waits on.
        case unexpectedReject(localID: UInt64)
        /// A batch within a batch, too many times over.
        case batchTooDeep(limit: Int)
        /// A channel number above the limit.
        case tooManyChannels(limit: UInt64)
        /// A protocol name that is too long, in bytes of UTF-8.
        case protocolNameTooLong(length: Int, limit: Int)
        /// A channel id that is too long.
        case idTooLong(length: Int, limit: Int)
        /// A handshake that is too long.
        case handshakeTooLong(length: Int, limit: Int)
        /// More bytes than may wait for unanswered opens.
        case tooManyBufferedBytes(limit: Int)
        /// A received frame, or a message to be sent with what belongs around it, longer than a frame may be.
        case frameTooLarge(length: Int, limit: Int)
        /// The stream has ended.
        case streamEnded
    }

    /// What is wrong.
    public let code: Code

    init(_ code: Code) {
        self.code = code
    }
}

extension ProtomuxError: CustomStringConvertible {
    public var description: String {
        switch code {
        case .malformedFrame(let error):
            "the peer sent a frame that is no valid encoding: \(error)"
        case .invalidOpen(let remoteID):
            "the peer opened channel \(remoteID), which is in use, leaves a gap or is the control channel"
        case .unexpectedReject(let localID):
            "the peer rejected channel \(localID), which is not waiting for an answer"
        case .batchTooDeep(let limit):
            "batches lie within each other more than \(limit) deep"
        case .tooManyChannels(let limit):
            "more than \(limit) channels on one stream; raise Multiplexer.Limits.channels if that is intended"
        case .protocolNameTooLong(let length, let limit):
            "a protocol name of \(length) bytes is longer than \(limit)"
        case .idTooLong(let length, let limit):
            "a channel id of \(length) bytes is longer than \(limit)"
        case .handshakeTooLong(let length, let limit):
            "a channel handshake of \(length) bytes is longer than \(limit)"
        case .tooManyBufferedBytes(let limit):
            "the peer sent more than \(limit) bytes to channels that are not open yet"
        case .frameTooLarge(let length, let limit):
            "a frame of \(length) bytes is longer than \(limit); split the message"
        case .streamEnded:
            "the stream has ended"
        }
    }
}
