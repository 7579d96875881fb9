import CompactEncoding
import TestSupport
import Testing

/// Every case of `compact-encoding.json`, written and read.
@Suite struct CompactEncodingVectorTests {
    @Test(arguments: try Case.all())
    func valueIsWrittenAsRecorded(_ recorded: Case) throws {
        var writer = ByteWriter()
        try recorded.primitive.write(&writer, recorded.value)
        #expect(writer.bytes == recorded.bytes)
    }

    @Test(arguments: try Case.all())
    func recordedBytesAreReadAsTheValue(_ recorded: Case) throws {
        var reader = ByteReader(recorded.bytes.span.bytes)
        let value = try recorded.primitive.read(&reader)
        #expect(reader.remaining == 0)
        #expect(value == recorded.value)
    }

    @Test(arguments: try Case.all())
    func everyTruncationIsRefusedAtTheOffsetOfTheValue(_ recorded: Case) throws {
        // What comes before the value must not matter.
        for before in [0, 5] where recorded.type != "json" {
            for length in 0..<recorded.bytes.count {
                let bytes = [UInt8](repeating: 0xff, count: before) + recorded.bytes.prefix(length)
                var reader = ByteReader(bytes.span.bytes)
                _ = try reader.raw(count: before)
                do {
                    _ = try recorded.primitive.read(&reader)
                    Issue.record("\(length) of \(recorded.bytes.count) bytes were read as a value")
                } catch let error as CompactDecodingError {
                    guard case .truncated = error.code else {
                        Issue.record("\(error)")
                        continue
                    }
                    if recorded.type.hasPrefix("array<") {
                        #expect(before...bytes.count ~= error.offset)
                    } else {
                        #expect(error.offset == before)
                    }
                }
                #expect(reader.offset == before)
            }
        }
    }
}

/// One case: a type, a value as JSON has it, and its bytes.
struct Case: Decodable, CustomTestStringConvertible, Sendable {
    let type: String
    let value: JSONValue
    let hex: Hex

    static func all() throws -> [Case] {
        struct Document: Decodable { let cases: [Case] }
        return try Vectors.load("compact-encoding", as: Document.self).cases
    }

    var bytes: [UInt8] { hex.bytes }

    var testDescription: String { "\(type) \(bytes.prefix(12).hex)" }

    var primitive: Primitive {
        get throws { try #require(Primitive.all[type], "no test for the type \(type)") }
    }
}
