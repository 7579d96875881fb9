/// Sixty-four bytes held in place: a signature, a handshake hash.
public struct Bytes64: Hashable, Sendable {
    /// The first thirty-two bytes.
    public var low: Bytes32
    /// The last thirty-two bytes.
    public var high: Bytes32

    /// How many bytes there are.
    public static let byteCount = 64

    /// Joins two halves.
    public init(low: Bytes32, high: Bytes32) {
        self.low = low
        self.high = high
    }

    /// Copies `bytes`, or returns `nil` where they are not sixty-four.
    public init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount,
            let low = Bytes32(bytes.prefix(32)), let high = Bytes32(bytes.dropFirst(32))
        else { return nil }
        self.init(low: low, high: high)
    }

    /// Reads 128 hexadecimal digits of either case.
    public init?(hex: some StringProtocol) {
        guard let bytes = [UInt8](hex: hex) else { return nil }
        self.init(bytes)
    }

    /// The bytes, copied.
    public var array: [UInt8] { low.array + high.array }

    /// The bytes as 128 lower-case hexadecimal digits.
    public var hex: String { low.hex + high.hex }

    /// Calls `body` with the bytes.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe Swift.withUnsafeBytes(of: self, body)
    }

    /// Calls `body` with the bytes, to be written in place; what it leaves is the value.
    public mutating func withUnsafeMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try unsafe Swift.withUnsafeMutableBytes(of: &self, body)
    }
}

extension Bytes64: CustomStringConvertible {
    public var description: String { hex }
}
