#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Values as bare JSON, without a length before it (PROTOCOL §8).
///
/// Keys are sorted, so one value always makes the same block. Dates and data are written as `JSONEncoder` does by itself;
/// a codec of one's own does otherwise.
public struct JSONCodec<Value: Codable>: BlockCodec {
    /// Creates the codec of a type.
    public init(_ type: Value.Type = Value.self) {}

    public func encode(_ value: Value) throws -> [UInt8] {
        try Array(Self.makeEncoder().encode(value))
    }

    public func encode(contentsOf values: some Collection<Value>) throws -> [[UInt8]] {
        let encoder = Self.makeEncoder()
        return try values.map { try Array(encoder.encode($0)) }
    }

    public func decode(_ block: [UInt8]) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(block))
    }

    private static func makeEncoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}

extension BlockCodec {
    /// Values of a type as JSON.
    public static func json<Value>(_ type: Value.Type) -> JSONCodec<Value> where Self == JSONCodec<Value> {
        JSONCodec(type)
    }
}
