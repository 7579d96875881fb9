import CompactEncoding

/// A place in a received frame. What it hands out are slices of the frame, not copies.
struct FrameCursor {
    private let frame: [UInt8]
    private(set) var range: Range<Int>

    init(_ frame: [UInt8]) {
        self.frame = frame
        range = frame.indices
    }

    private init(_ frame: [UInt8], range: Range<Int>) {
        self.frame = frame
        self.range = range
    }

    var isAtEnd: Bool { range.isEmpty }

    /// Everything that has not been read.
    var rest: ArraySlice<UInt8> { frame[range] }

    mutating func uint() throws(ProtomuxError) -> UInt64 {
        try read { (reader) throws(CompactDecodingError) in try reader.uint() }
    }

    mutating func string() throws(ProtomuxError) -> String {
        try read { (reader) throws(CompactDecodingError) in try reader.string() }
    }

    /// A length-prefixed run of bytes.
    mutating func buffer() throws(ProtomuxError) -> ArraySlice<UInt8> {
        let start = range.lowerBound
        let found = try read { (reader) throws(CompactDecodingError) in try reader.bufferRange() }
        return frame[start + found.lowerBound..<start + found.upperBound]
    }

    /// The next `length` bytes, as a cursor of their own.
    mutating func part(length: UInt64) throws(ProtomuxError) -> FrameCursor {
        guard let length = Int(exactly: length), length <= range.count else {
            throw ProtomuxError(
                .malformedFrame(
                    CompactDecodingError(
                        .truncated(needed: length, available: range.count), offset: range.lowerBound)))
        }
        let end = range.lowerBound + length
        let part = FrameCursor(frame, range: range.lowerBound..<end)
        range = end..<range.upperBound
        return part
    }

    private mutating func read<Value>(
        _ value: (inout ByteReader) throws(CompactDecodingError) -> Value
    ) throws(ProtomuxError) -> Value {
        var reader = ByteReader(frame.span.bytes.extracting(range))
        do throws(CompactDecodingError) {
            let result = try value(&reader)
            range = range.lowerBound + reader.offset..<range.upperBound
            return result
        } catch {
            let offset = range.lowerBound + error.offset
            throw ProtomuxError(.malformedFrame(CompactDecodingError(error.code, offset: offset)))
        }
    }
}
