/// Why some bytes are not a valid encoding, and where in them.
public struct CompactDecodingError: Error, Equatable, Sendable {
    /// What is wrong with the bytes.
    public enum Code: Equatable, Sendable {
        /// The bytes end before the value does: `needed` bytes at the offset, of which `available` are there.
        case truncated(needed: UInt64, available: Int)
        /// An integer above the largest that senders may use (2^53 - 1), or above what its use allows.
        case integerTooLarge(UInt64)
        /// More items than an array may have (``ByteReader/maximumArrayCount``).
        case tooManyItems(UInt64)
        /// Text that is not UTF-8.
        case invalidUTF8
        /// A value outside its set: an unknown version, identifier or kind.
        case invalidValue(String)
    }

    /// What is wrong.
    public let code: Code
    /// Where the offending value begins, counted in bytes from the start of what was decoded.
    public let offset: Int

    /// Creates an error for the value that begins at `offset`.
    public init(_ code: Code, offset: Int) {
        self.code = code
        self.offset = offset
    }
}

extension CompactDecodingError: CustomStringConvertible {
    public var description: String {
        switch code {
        case .truncated(let needed, let available):
            "truncated at byte \(offset): \(needed) bytes are needed, \(available) are left"
        case .integerTooLarge(let value):
            "integer \(value) at byte \(offset) is out of range"
        case .tooManyItems(let count):
            "array of \(count) items at byte \(offset) is longer than \(ByteReader.maximumArrayCount)"
        case .invalidUTF8:
            "text at byte \(offset) is not UTF-8"
        case .invalidValue(let what):
            "invalid value at byte \(offset): \(what)"
        }
    }
}
