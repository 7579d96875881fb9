public import CompactEncoding

/// Says that a request is not answered (PROTOCOL §7, message 4).
public struct NoDataMessage: Hashable, Sendable {
    /// Why a request is not answered.
    public struct Reason: RawRepresentable, Hashable, Sendable {
        /// The number on the wire; a peer may send any.
        public var rawValue: UInt64

        /// Wraps a number.
        public init(rawValue: UInt64) {
            self.rawValue = rawValue
        }

        /// None was given.
        public static let unspecified = Reason(rawValue: 0)
        /// The block is not held here, or the fork is another.
        public static let notAvailable = Reason(rawValue: 1)
        /// The request cannot be answered by anybody.
        public static let invalidRequest = Reason(rawValue: 2)
    }

    private static let reasonFlag: UInt64 = 1

    /// The id of the request.
    public var request: UInt64
    /// Why it is not answered.
    public var reason: Reason

    /// Creates a message.
    public init(request: UInt64, reason: Reason = .unspecified) {
        self.request = request
        self.reason = reason
    }

    init(from reader: inout ByteReader) throws(CompactDecodingError) {
        request = try reader.uint()
        // Older senders leave the flags out.
        let flags = reader.isAtEnd ? 0 : try reader.uint()
        reason = flags & Self.reasonFlag == 0 ? .unspecified : Reason(rawValue: try reader.uint())
    }

    /// Appends the message's body.
    public func encode(into writer: inout ByteWriter) {
        writer.uint(request)
        guard reason != .unspecified else { return writer.uint(0) }
        writer.uint(Self.reasonFlag)
        writer.uint(reason.rawValue)
    }
}
