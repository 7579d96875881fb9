/// Why a range or a window of bits, mostly a peer's, is refused.
public struct BitfieldError: Error, Equatable, Sendable {
    /// What is wrong.
    public enum Code: Equatable, Sendable {
        /// The range does not end at or below ``PagedBitfield/maximumLength``.
        case outOfRange(start: UInt64, length: UInt64)
        /// A window that does not start at a multiple of 32 (PROTOCOL §7, bitfield).
        case misaligned(start: UInt64)
        /// More pages than the peer may make us hold.
        case tooManyPages(limit: Int)
    }

    /// What is wrong.
    public let code: Code

    init(_ code: Code) {
        self.code = code
    }
}

extension BitfieldError: CustomStringConvertible {
    public var description: String {
        switch code {
        case .outOfRange(let start, let length):
            "\(length) bits from bit \(start) on reach past bit \(PagedBitfield.maximumLength)"
        case .misaligned(let start):
            "a window of bits starts at \(start), which is no multiple of 32"
        case .tooManyPages(let limit):
            "the bits are scattered over more than \(limit) pages"
        }
    }
}
