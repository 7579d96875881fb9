import CompactEncoding
import Testing

/// Any JSON, as the vectors hold values of many types. Their integers are at most 2^53, which a `Double` holds exactly.
enum JSONValue: Codable, Equatable, Sendable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

extension JSONValue {
    /// A value of another type than the test expects.
    struct Unexpected: Error { let value: JSONValue }

    var number: Double {
        get throws {
            guard case .number(let value) = self else { throw Unexpected(value: self) }
            return value
        }
    }

    var string: String {
        get throws {
            guard case .string(let value) = self else { throw Unexpected(value: self) }
            return value
        }
    }

    var items: [JSONValue] {
        get throws {
            guard case .array(let value) = self else { throw Unexpected(value: self) }
            return value
        }
    }

    /// The bytes that a text of hexadecimal digits stands for.
    var bytes: [UInt8] {
        get throws { try #require([UInt8](hex: try string)) }
    }

    func integer<Value: FixedWidthInteger>() throws -> Value {
        try #require(Value(exactly: try number))
    }
}
