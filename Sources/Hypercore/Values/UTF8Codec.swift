/// Strings as bare UTF-8, without a length before them (PROTOCOL §8).
public struct UTF8Codec: BlockCodec {
    /// Why a block is not a string.
    public struct InvalidUTF8: Error, CustomStringConvertible {
        public var description: String { "the block is not valid UTF-8" }
    }

    /// Creates the codec.
    public init() {}

    public func encode(_ value: String) -> [UInt8] { Array(value.utf8) }

    /// The string of a block.
    ///
    /// - Throws: ``InvalidUTF8``; nothing is ever replaced or left out.
    public func decode(_ block: [UInt8]) throws -> String {
        guard let string = String(validating: block, as: UTF8.self) else { throw InvalidUTF8() }
        return string
    }
}

extension BlockCodec where Self == UTF8Codec {
    /// Strings as bare UTF-8.
    public static var utf8: UTF8Codec { UTF8Codec() }
}
