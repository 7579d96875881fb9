import CompactEncoding

/// Cuts the raw stream into frames, however it arrives.
///
/// A frame that lies whole in one input is handed out where it lies. Only one that is spread over several is gathered,
/// each byte copied once. What is held never exceeds the frame under way, whose length was checked before any of it was
/// kept; memory for it is taken as it arrives, because a length is easily claimed.
struct FrameAssembler {
    /// Where a complete frame's payload is.
    enum Payload: Equatable {
        /// In the input, at these offsets.
        case inInput(Range<Int>)
        /// In ``takeGathered()``.
        case gathered
    }

    /// The most memory that is taken ahead of the bytes, and that an idle stream keeps.
    private static let spareCapacity = 64 * 1024

    private var length = 0
    private var lengthBytesRead = 0
    private var gathered: [UInt8] = []

    /// Reads the length of the frame under way, and moves `offset` past it.
    ///
    /// - Returns: `nil` where more input is needed; else the length, again and again until the payload is complete.
    mutating func payloadByteCount(in input: RawSpan, from offset: inout Int) -> Int? {
        while lengthBytesRead < MessageFrame.lengthByteCount {
            guard offset < input.byteCount else { return nil }
            if lengthBytesRead == 0 { length = 0 }
            length |= Int(input.unsafeLoad(fromByteOffset: offset, as: UInt8.self)) << (8 * lengthBytesRead)
            lengthBytesRead += 1
            offset += 1
        }
        return length
    }

    /// Reads the payload of the frame under way, and moves `offset` past what it has used.
    ///
    /// - Precondition: its length has been read, and is acceptable.
    /// - Returns: `nil` where more input is needed; then `offset` is at the end.
    mutating func payload(in input: RawSpan, from offset: inout Int) -> Payload? {
        precondition(lengthBytesRead == MessageFrame.lengthByteCount, "the length comes before the payload")
        let available = input.byteCount - offset
        if gathered.isEmpty, available >= length {
            defer { offset += length }
            lengthBytesRead = 0
            return .inInput(offset..<offset + length)
        }
        let part = min(available, length - gathered.count)
        gather(input.extracting(offset..<offset + part))
        offset += part
        guard gathered.count == length else { return nil }
        lengthBytesRead = 0
        return .gathered
    }

    /// Hands over the frame that was gathered, to be given back with ``recycle(_:)``.
    mutating func takeGathered() -> [UInt8] {
        var frame: [UInt8] = []
        swap(&frame, &gathered)
        return frame
    }

    /// Keeps the memory of a frame that is done with for the next one, unless it is much.
    mutating func recycle(_ frame: consuming [UInt8]) {
        guard frame.capacity <= Self.spareCapacity else { return }
        gathered = frame
        gathered.removeAll(keepingCapacity: true)
    }

    private mutating func gather(_ part: RawSpan) {
        let needed = gathered.count + part.byteCount
        if needed > gathered.capacity {
            gathered.reserveCapacity(min(length, max(2 * needed, Self.spareCapacity)))
        }
        part.withUnsafeBytes { gathered.append(contentsOf: $0) }
    }
}
