/// Blocks as they are, for what is written for typed logs and is to take any.
public struct BytesCodec: BlockCodec {
    /// Creates the codec.
    public init() {}

    public func encode(_ value: [UInt8]) -> [UInt8] { value }
    public func decode(_ block: [UInt8]) -> [UInt8] { block }
}

extension BlockCodec where Self == BytesCodec {
    /// Blocks as they are.
    public static var bytes: BytesCodec { BytesCodec() }
}
