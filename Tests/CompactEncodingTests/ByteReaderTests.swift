import CompactEncoding
import TestSupport
import Testing

@Suite struct ByteReaderTests {
    @Test func formsOfAnIntegerThatAreTooLongAreAccepted() throws {
        let forms: [[UInt8]] = [
            [5], [0xfd, 5, 0], [0xfe, 5, 0, 0, 0], [0xff, 5, 0, 0, 0, 0, 0, 0, 0],
        ]
        for form in forms {
            var reader = ByteReader(form.span.bytes)
            #expect(try reader.uint() == 5)
            #expect(reader.remaining == 0)
        }
    }

    @Test func integersAboveTwoToTheFiftyThreeAreRefused() throws {
        for value in [ByteReader.maximumInteger + 1, 1 << 60, .max] {
            var writer = ByteWriter()
            writer.uint8(0xff)
            writer.uint64(value)
            for read in [Read.uint, .int, .buffer, .string, .uintArray] {
                #expect(failure(of: read, in: writer.bytes) == CompactDecodingError(.integerTooLarge(value), offset: 0))
            }
        }
        var writer = ByteWriter()
        writer.uint(ByteReader.maximumInteger)
        var reader = ByteReader(writer.bytes.span.bytes)
        #expect(try reader.uint() == ByteReader.maximumInteger)
    }

    @Test func lengthsBeyondTheEndAreRefusedWithoutTakingMemory() {
        for length in [4, 300, 70_000, 1 << 40, ByteReader.maximumInteger] {
            var writer = ByteWriter()
            writer.uint(length)
            let prefix = UInt64(writer.count)
            writer.raw([1, 2, 3])
            let expected = CompactDecodingError(
                .truncated(needed: prefix + length, available: writer.count), offset: 0)
            #expect(failure(of: .buffer, in: writer.bytes) == expected)
            #expect(failure(of: .string, in: writer.bytes) == expected)
        }
    }

    @Test func countsBeyondTheItemsAreRefusedWithoutTakingMemory() {
        var writer = ByteWriter()
        writer.uint(ByteReader.maximumArrayCount)
        #expect(failure(of: .uintArray, in: writer.bytes)?.code == .truncated(needed: 1, available: 0))
        #expect(
            failure(of: .uint32Array, in: writer.bytes)
                == CompactDecodingError(.truncated(needed: 5 + 4 << 20, available: 5), offset: 0))
    }

    @Test func countsAboveTheLimitAreRefused() {
        var writer = ByteWriter()
        writer.uint(ByteReader.maximumArrayCount + 1)
        writer.raw([UInt8](repeating: 0, count: 100))
        let expected = CompactDecodingError(.tooManyItems(1_048_577), offset: 0)
        #expect(failure(of: .uintArray, in: writer.bytes) == expected)
        #expect(failure(of: .uint32Array, in: writer.bytes) == expected)
    }

    @Test func arrayOfTheLargestCountIsRead() throws {
        var writer = ByteWriter()
        writer.array(0..<ByteReader.maximumArrayCount) { writer, item in writer.uint8(UInt8(truncatingIfNeeded: item)) }
        var reader = ByteReader(writer.bytes.span.bytes)
        let items = try reader.array { (reader) throws(CompactDecodingError) in try reader.uint8() }
        #expect(items.count == 1_048_576)
        #expect(items.last == 0xff)
    }

    @Test func arrayThatFailsInTheMiddleLeavesTheReaderBeforeItAndNamesTheItem() {
        // Three texts, the second of which is not UTF-8; one byte comes before.
        let bytes: [UInt8] = [9, 3, 1, 0x61, 2, 0xc3, 0x28, 0]
        var reader = ByteReader(bytes.span.bytes)
        do {
            _ = try reader.uint8()
            _ = try reader.array { (reader) throws(CompactDecodingError) in try reader.string() }
            Issue.record("an array with a bad item was read")
        } catch {
            #expect(error == CompactDecodingError(.invalidUTF8, offset: 4))
        }
        #expect(reader.offset == 1)
    }

    @Test(
        arguments: [
            [0xff], [0xc3, 0x28], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x8e], [0xc0, 0x80],
            [0xf5, 0x80, 0x80, 0x80],
        ] as [[UInt8]])
    func textThatIsNotUTF8IsRefused(_ text: [UInt8]) {
        #expect(
            failure(of: .string, in: [UInt8(text.count)] + text) == CompactDecodingError(.invalidUTF8, offset: 0))
    }

    @Test func onlyOneIsTrue() throws {
        for byte in UInt8.min...UInt8.max {
            let bytes = [byte]
            var reader = ByteReader(bytes.span.bytes)
            #expect(try reader.bool() == (byte == 1))
        }
    }

    @Test func lexintOfMoreThanThirtyTwoBitsIsRefused() {
        #expect(failure(of: .lexint, in: [255, 0, 0, 0, 0, 0])?.offset == 0)
        #expect(failure(of: .lexint, in: [254, 0xff, 0xff, 0xff, 0xff])?.code == .integerTooLarge(0xffff_ffff))
        #expect(
            failure(of: .lexint, in: [254, 0xff, 0xff, 0xff, 0x05])
                == .init(.integerTooLarge(0xffff_ff05), offset: 0))
    }

    @Test func emptyBufferIsNotNone() throws {
        let bytes: [UInt8] = [0, 0]
        var reader = ByteReader(bytes.span.bytes)
        #expect(try reader.buffer().byteCount == 0)
        #expect(try reader.optionalBuffer() == nil)
    }

    @Test func whatIsLeftOverIsNoError() throws {
        let bytes: [UInt8] = [1, 2, 3]
        var reader = ByteReader(bytes.span.bytes)
        _ = try reader.uint8()
        let isAtEnd = reader.isAtEnd
        #expect(reader.remaining == 2 && !isAtEnd)
        #expect([UInt8](copying: reader.rest()) == [2, 3])
        #expect(reader.remaining == 0)
        #expect(reader.rest().byteCount == 0)
    }

    @Test func errorsSayWhereAndWhat() {
        #expect(
            "\(CompactDecodingError(.truncated(needed: 9, available: 2), offset: 7))"
                == "truncated at byte 7: 9 bytes are needed, 2 are left")
    }

    /// Reads a random sequence of primitives out of random bytes, as a hostile peer would have us do.
    @Test func randomBytesNeverTrapAndNeverMoveTheReaderOnFailure() {
        for seed in 1...2000 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            let bytes = random.bytes(Int.random(in: 0...200, using: &random))
            var reader = ByteReader(bytes.span.bytes)
            for _ in 0..<20 {
                let before = reader.offset
                let read = Read.allCases[Int.random(in: 0..<Read.allCases.count, using: &random)]
                do {
                    try read.run(&reader)
                    #expect(before...bytes.count ~= reader.offset, "seed \(seed)")
                } catch {
                    #expect(reader.offset == before, "seed \(seed): \(error)")
                    #expect(before...bytes.count ~= error.offset, "seed \(seed): \(error)")
                }
            }
        }
    }
}

/// A read of any kind, whose value does not matter.
private enum Read: CaseIterable {
    case uint, int, uint8, uint16, uint24, uint32, uint40, uint48, uint56, uint64, uint32BigEndian, uint64BigEndian
    case lexint, float32, float64, bool, raw, buffer, optionalBuffer, string, fixed32, fixed64, uint32Array, uintArray

    func run(_ reader: inout ByteReader) throws(CompactDecodingError) {
        switch self {
        case .uint: _ = try reader.uint()
        case .int: _ = try reader.int()
        case .uint8: _ = try reader.uint8()
        case .uint16: _ = try reader.uint16()
        case .uint24: _ = try reader.uint24()
        case .uint32: _ = try reader.uint32()
        case .uint40: _ = try reader.uint40()
        case .uint48: _ = try reader.uint48()
        case .uint56: _ = try reader.uint56()
        case .uint64: _ = try reader.uint64()
        case .uint32BigEndian: _ = try reader.uint32BigEndian()
        case .uint64BigEndian: _ = try reader.uint64BigEndian()
        case .lexint: _ = try reader.lexint()
        case .float32: _ = try reader.float32()
        case .float64: _ = try reader.float64()
        case .bool: _ = try reader.bool()
        case .raw: _ = try reader.raw(count: 7)
        case .buffer: _ = try reader.buffer()
        case .optionalBuffer: _ = try reader.optionalBuffer()
        case .string: _ = try reader.string()
        case .fixed32: _ = try reader.fixed32()
        case .fixed64: _ = try reader.fixed64()
        case .uint32Array: _ = try reader.uint32Array()
        case .uintArray: _ = try reader.array { (reader) throws(CompactDecodingError) in try reader.uint() }
        }
    }
}

/// What reading `bytes` from their start fails with; and the reader must not have moved.
private func failure(of read: Read, in bytes: [UInt8]) -> CompactDecodingError? {
    var reader = ByteReader(bytes.span.bytes)
    do {
        try read.run(&reader)
        return nil
    } catch {
        #expect(reader.offset == 0)
        return error
    }
}
