import CompactEncoding
import Foundation
import Testing

/// How a type of the vectors is written from and read into JSON.
struct Primitive: Sendable {
    let write: @Sendable (inout ByteWriter, JSONValue) throws -> Void
    let read: @Sendable (inout ByteReader) throws -> JSONValue

    static let all: [String: Primitive] = [
        "uint": .integer({ $0.uint($1) }, { try $0.uint() }),
        "int": .integer({ $0.int($1) }, { try $0.int() }),
        "uint8": .integer({ $0.uint8($1) }, { try $0.uint8() }),
        "uint16": .integer({ $0.uint16($1) }, { try $0.uint16() }),
        "uint24": .integer({ $0.uint24($1) }, { try $0.uint24() }),
        "uint32": .integer({ $0.uint32($1) }, { try $0.uint32() }),
        "uint32be": .integer({ $0.uint32BigEndian($1) }, { try $0.uint32BigEndian() }),
        "uint40": .integer({ $0.uint40($1) }, { try $0.uint40() }),
        "uint64": .integer({ $0.uint64($1) }, { try $0.uint64() }),
        "uint64be": .integer({ $0.uint64BigEndian($1) }, { try $0.uint64BigEndian() }),
        "lexint": .integer({ $0.lexint($1) }, { try $0.lexint() }),
        "float32": Primitive(
            write: { $0.float32(Float(try $1.number)) }, read: { .number(Double(try $0.float32())) }),
        "float64": Primitive(write: { $0.float64(try $1.number) }, read: { .number(try $0.float64()) }),
        "bool": Primitive(write: { $0.bool($1 == .bool(true)) }, read: { .bool(try $0.bool()) }),
        "string": Primitive(write: { $0.string(try $1.string) }, read: { .string(try $0.string()) }),
        "buffer": .bytes({ $0.buffer($1) }, { [UInt8](copying: try $0.buffer()) }),
        "optionalBuffer": Primitive(
            write: { $0.optionalBuffer($1 == .null ? nil : try $1.bytes) },
            read: { try $0.optionalBuffer().map { .string($0.hex) } ?? .null }),
        "fixed32": .bytes({ $0.fixed32(try #require(Bytes32($1))) }, { try $0.fixed32().array }),
        "fixed64": .bytes({ $0.fixed64(try #require(Bytes64($1))) }, { try $0.fixed64().array }),
        "uint32array": Primitive(
            write: { $0.uint32Array(try $1.items.map { try $0.integer() }) },
            read: { .array(try $0.uint32Array().map { .number(Double($0)) }) }),
        "array<uint>": .array(of: "uint"),
        "array<string>": .array(of: "string"),
        // No primitive of the module: a buffer that holds JSON.
        "json": Primitive(
            write: { writer, value in
                let encoder = JSONEncoder()
                encoder.outputFormatting = .sortedKeys
                writer.buffer(Array(try encoder.encode(value)))
            },
            read: { try JSONDecoder().decode(JSONValue.self, from: Data([UInt8](copying: try $0.buffer()))) }),
    ]

    private static func integer<Value: FixedWidthInteger & SendableMetatype>(
        _ write: @escaping @Sendable (inout ByteWriter, Value) -> Void,
        _ read: @escaping @Sendable (inout ByteReader) throws -> Value
    ) -> Primitive {
        Primitive(
            write: { writer, value in write(&writer, try value.integer()) },
            read: { reader in .number(Double(try read(&reader))) })
    }

    /// A primitive whose value the vectors have in hexadecimal digits.
    private static func bytes(
        _ write: @escaping @Sendable (inout ByteWriter, [UInt8]) throws -> Void,
        _ read: @escaping @Sendable (inout ByteReader) throws -> [UInt8]
    ) -> Primitive {
        Primitive(
            write: { writer, value in try write(&writer, try value.bytes) },
            read: { reader in .string(try read(&reader).hex) })
    }

    private static func array(of type: String) -> Primitive {
        Primitive(
            write: { writer, value in
                writer.uint(UInt64(try value.items.count))
                var items = ByteWriter()
                for item in try value.items {
                    try #require(all[type]).write(&items, item)
                }
                writer.raw(items.bytes)
            },
            read: { reader in
                .array(
                    try reader.array { (reader) throws(CompactDecodingError) in
                        type == "uint" ? .number(Double(try reader.uint())) : .string(try reader.string())
                    })
            })
    }
}
