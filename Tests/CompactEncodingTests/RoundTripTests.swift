import CompactEncoding
import TestSupport
import Testing

@Suite struct RoundTripTests {
    /// The edges of every width, and random values of every magnitude.
    private static func integers(upTo maximum: UInt64, _ random: inout SeededGenerator) -> [UInt64] {
        let edges = (0..<64).flatMap { bit -> [UInt64] in [(1 << bit) - 1, 1 << bit, (1 << bit) + 1] }
        let variable: [UInt64] = [0xfc, 0xfd, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000]
        let others = (0..<1000).map { _ in random.next() >> UInt64.random(in: 0..<64, using: &random) }
        return (edges + variable + others + [maximum]).filter { $0 <= maximum }
    }

    @Test func integersComeBack() throws {
        var random = SeededGenerator(seed: 1)
        for value in Self.integers(upTo: ByteReader.maximumInteger, &random) {
            var writer = ByteWriter()
            writer.uint(value)
            #expect(writer.count == ByteWriter.encodedLength(uint: value))
            var reader = ByteReader(writer.bytes.span.bytes)
            #expect(try reader.uint() == value)
            #expect(reader.remaining == 0)
        }
        for magnitude in Self.integers(upTo: (1 << 52) - 1, &random) {
            for value in [Int64(magnitude), -Int64(magnitude) - 1] {
                var writer = ByteWriter()
                writer.int(value)
                var reader = ByteReader(writer.bytes.span.bytes)
                #expect(try reader.int() == value)
            }
        }
    }

    @Test func fixedWidthIntegersComeBack() throws {
        var random = SeededGenerator(seed: 2)
        for value in Self.integers(upTo: .max, &random) {
            var writer = ByteWriter()
            writer.uint8(UInt8(truncatingIfNeeded: value))
            writer.uint16(UInt16(truncatingIfNeeded: value))
            writer.uint24(UInt32(truncatingIfNeeded: value & 0xff_ffff))
            writer.uint32(UInt32(truncatingIfNeeded: value))
            writer.uint40(value & (1 << 40 - 1))
            writer.uint48(value & (1 << 48 - 1))
            writer.uint56(value & (1 << 56 - 1))
            writer.uint64(value)
            writer.uint32BigEndian(UInt32(truncatingIfNeeded: value))
            writer.uint64BigEndian(value)
            #expect(writer.count == 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8 + 4 + 8)
            var reader = ByteReader(writer.bytes.span.bytes)
            #expect(try reader.uint8() == UInt8(truncatingIfNeeded: value))
            #expect(try reader.uint16() == UInt16(truncatingIfNeeded: value))
            #expect(try reader.uint24() == UInt32(truncatingIfNeeded: value & 0xff_ffff))
            #expect(try reader.uint32() == UInt32(truncatingIfNeeded: value))
            #expect(try reader.uint40() == value & (1 << 40 - 1))
            #expect(try reader.uint48() == value & (1 << 48 - 1))
            #expect(try reader.uint56() == value & (1 << 56 - 1))
            #expect(try reader.uint64() == value)
            #expect(try reader.uint32BigEndian() == UInt32(truncatingIfNeeded: value))
            #expect(try reader.uint64BigEndian() == value)
            #expect(reader.remaining == 0)
        }
    }

    @Test func encodingsOfLexintSortAsTheNumbersDo() throws {
        var random = SeededGenerator(seed: 3)
        let values = Set(Self.integers(upTo: UInt64(UInt32.max), &random).map { UInt32($0) }).union(0...1000).sorted()
        var previous: [UInt8] = []
        for value in values {
            var writer = ByteWriter()
            writer.lexint(value)
            var reader = ByteReader(writer.bytes.span.bytes)
            #expect(try reader.lexint() == value)
            #expect(reader.remaining == 0)
            #expect(previous.lexicographicallyPrecedes(writer.bytes), "\(value)")
            previous = writer.bytes
        }
    }

    @Test func floatingPointNumbersComeBackBitForBit() throws {
        var random = SeededGenerator(seed: 4)
        for _ in 0..<500 {
            let bits = random.next()
            var writer = ByteWriter()
            writer.float64(Double(bitPattern: bits))
            writer.float32(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
            var reader = ByteReader(writer.bytes.span.bytes)
            #expect(try reader.uint64() == bits)
            #expect(try reader.uint32() == UInt32(truncatingIfNeeded: bits))
            reader = ByteReader(writer.bytes.span.bytes)
            let number = try reader.float64()
            #expect(number.bitPattern == bits || number.isNaN)
        }
    }

    @Test func bytesTextsAndArraysComeBack() throws {
        for seed in 1...300 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let bytes = random.bytes(Int.random(in: 0...400, using: &random))
            let text = String(String.UnicodeScalarView(bytes.map { Unicode.Scalar(UInt32($0) * 0x51) ?? "?" }))
            let words = (0..<Int.random(in: 0...300, using: &random)).map { _ in
                UInt32.random(in: 0 ... .max, using: &random)
            }
            let key = try #require(Bytes32(random.bytes(32)))
            let signature = try #require(Bytes64(random.bytes(64)))

            var writer = ByteWriter()
            writer.buffer(bytes)
            writer.buffer(bytes.span.bytes)
            writer.optionalBuffer(bytes)
            writer.string(text)
            writer.uint32Array(words)
            writer.uint32Array(words.lazy.map { ~$0 })
            writer.array(words) { $0.uint(UInt64($1)) }
            writer.fixed32(key)
            writer.fixed64(signature)
            writer.raw(bytes)
            writer.raw(bytes.span.bytes)

            var reader = ByteReader(writer.bytes.span.bytes)
            #expect([UInt8](copying: try reader.buffer()) == bytes, "seed \(seed)")
            #expect(Array(writer.bytes[try reader.bufferRange()]) == bytes, "seed \(seed)")
            #expect(try reader.optionalBuffer() == (bytes.isEmpty ? nil : bytes), "seed \(seed)")
            #expect(try reader.string() == text, "seed \(seed)")
            #expect(try reader.uint32Array() == words, "seed \(seed)")
            #expect(try reader.uint32Array() == words.map { ~$0 }, "seed \(seed)")
            let items = try reader.array { (reader) throws(CompactDecodingError) in try reader.uint() }
            #expect(items == words.map { UInt64($0) }, "seed \(seed)")
            #expect(try reader.fixed32() == key, "seed \(seed)")
            #expect(try reader.fixed64() == signature, "seed \(seed)")
            #expect([UInt8](copying: try reader.raw(count: bytes.count)) == bytes, "seed \(seed)")
            #expect([UInt8](copying: reader.rest()) == bytes, "seed \(seed)")
        }
    }

    @Test func takingLeavesTheWriterEmpty() {
        var writer = ByteWriter(reservingCapacity: 10)
        writer.uint(1)
        #expect(writer.take() == [1])
        #expect(writer.count == 0)
        writer.uint(2)
        #expect(writer.bytes == [2])
    }
}
