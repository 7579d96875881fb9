import CompactEncoding

/// The frames that are ready to leave, one after the other in one buffer, and the batch that is being gathered behind
/// them (PROTOCOL §6).
///
/// A message is written once, at the place from which it leaves. In a batch its length stands before it; as the length
/// is known only afterwards, room is left for it and filled in.
struct FrameOutbox: Sendable {
    private struct Batch {
        /// Where its frame begins.
        var start: Int
        /// The channel of its latest message; 0 for control messages.
        var channel: UInt64
    }

    /// A larger buffer is given back once it is empty, rather than kept for the life of the stream.
    private static let largestKeptBuffer = 1 << 20

    private var bytes: [UInt8] = []
    /// Where each complete frame ends.
    private var frameEnds: [Int] = []
    private var batch: Batch?
    private var corkDepth = 0
    private let largestFrame: Int
    private let batchFlushThreshold: Int

    init(limits: Multiplexer.Limits) {
        largestFrame = limits.largestFrame
        batchFlushThreshold = limits.batchFlushThreshold
    }

    /// How many bytes wait here, those of an unfinished batch included.
    var byteCount: Int { bytes.count }

    var hasFrames: Bool { !frameEnds.isEmpty }

    mutating func cork() {
        corkDepth += 1
    }

    mutating func uncork() {
        precondition(corkDepth > 0, "uncork() without a cork() before it")
        corkDepth -= 1
        if corkDepth == 0 { endBatch() }
    }

    /// Writes one message: a frame of its own, or a part of the batch.
    ///
    /// - Parameter expectedLength: the length of the body, if known. A wrong one costs a move of the body, no more.
    /// - Throws: `.frameTooLarge` where the message does not fit in a frame alone; nothing has then been written.
    mutating func append(
        channel: UInt64, type: UInt64, expectedLength: Int = 0, _ body: (inout ByteWriter) -> Void
    ) throws(ProtomuxError) {
        if corkDepth == 0 {
            try appendFrame(channel: channel, type: type, body)
        } else {
            try appendToBatch(channel: channel, type: type, expectedLength: expectedLength, body)
        }
    }

    /// Hands out each complete frame in turn and forgets it.
    mutating func drain<Failure: Error>(_ body: (RawSpan) throws(Failure) -> Void) throws(Failure) {
        var start = 0
        var drained = 0
        defer { discard(frames: drained, bytes: start) }
        while drained < frameEnds.count {
            let frame = start..<frameEnds[drained]
            start = frame.upperBound
            drained += 1
            try body(bytes.span.bytes.extracting(frame))
        }
    }
}

// MARK: - Writing

extension FrameOutbox {
    private mutating func appendFrame(
        channel: UInt64, type: UInt64, _ body: (inout ByteWriter) -> Void
    ) throws(ProtomuxError) {
        let start = bytes.count
        write { writer in
            writer.uint(channel)
            writer.uint(type)
            body(&writer)
        }
        try refuseFrame(length: bytes.count - start, rollingBackTo: start)
        frameEnds.append(bytes.count)
    }

    private mutating func appendToBatch(
        channel: UInt64, type: UInt64, expectedLength: Int, _ body: (inout ByteWriter) -> Void
    ) throws(ProtomuxError) {
        if let batch, bytes.count - batch.start >= batchFlushThreshold { endBatch() }

        let start = bytes.count
        if let batch {
            if batch.channel != channel {
                write {
                    $0.uint8(0); $0.uint(channel)
                }
            }
        } else {
            writeBatchHeader(channel)
        }
        let lengthAt = bytes.count
        var lengthWidth = ByteWriter.encodedLength(uint: UInt64(expectedLength + ByteWriter.encodedLength(uint: type)))
        write { writer in
            writer.raw(repeatElement(0, count: lengthWidth))
            writer.uint(type)
            body(&writer)
        }
        let length = bytes.count - lengthAt - lengthWidth
        storeLength(length, at: lengthAt, width: &lengthWidth)

        let header = 2 + ByteWriter.encodedLength(uint: channel)
        try refuseFrame(length: header + lengthWidth + length, rollingBackTo: start)
        if let batch, bytes.count - batch.start > largestFrame {
            splitBatch(before: start, messageAt: lengthAt, channel: channel)
        } else {
            batch = Batch(start: batch?.start ?? start, channel: channel)
        }
    }

    /// Ends the batch before the message that went in last, and begins the next one with that message.
    private mutating func splitBatch(before start: Int, messageAt lengthAt: Int, channel: UInt64) {
        var header = ByteWriter()
        header.uint(0)
        header.uint(0)
        header.uint(channel)
        frameEnds.append(start)
        bytes.replaceSubrange(start..<lengthAt, with: header.bytes)
        batch = Batch(start: start, channel: channel)
    }

    private mutating func endBatch() {
        guard batch != nil else { return }
        batch = nil
        frameEnds.append(bytes.count)
    }

    private mutating func writeBatchHeader(_ channel: UInt64) {
        write { writer in
            writer.uint(0)
            writer.uint(0)
            writer.uint(channel)
        }
    }

    private mutating func refuseFrame(length: Int, rollingBackTo start: Int) throws(ProtomuxError) {
        guard length > largestFrame else { return }
        bytes.removeSubrange(start...)
        throw ProtomuxError(.frameTooLarge(length: length, limit: largestFrame))
    }

    /// Lends the buffer out to be appended to.
    private mutating func write(_ body: (inout ByteWriter) -> Void) {
        let start = bytes.count
        var lent: [UInt8] = []
        swap(&lent, &bytes)
        var writer = ByteWriter(appendingTo: consume lent)
        body(&writer)
        precondition(writer.count >= start, "the writer of a message body took bytes that were there before it")
        bytes = writer.take()
    }

    /// Puts a length into the `width` bytes that were left for it, moving what follows if it needs another width.
    private mutating func storeLength(_ length: Int, at position: Int, width: inout Int) {
        let needed = ByteWriter.encodedLength(uint: UInt64(length))
        if needed != width {
            bytes.replaceSubrange(position..<position + width, with: repeatElement(0, count: needed))
            width = needed
        }
        guard needed > 1 else { return bytes[position] = UInt8(length) }
        bytes[position] = needed == 3 ? 0xfd : needed == 5 ? 0xfe : 0xff
        for index in 0..<needed - 1 {
            bytes[position + 1 + index] = UInt8(truncatingIfNeeded: length >> (8 * index))
        }
    }

    private mutating func discard(frames: Int, bytes count: Int) {
        frameEnds.removeFirst(frames)
        if count == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.capacity <= Self.largestKeptBuffer)
            return
        }
        bytes.removeSubrange(..<count)
        for index in frameEnds.indices {
            frameEnds[index] -= count
        }
        batch?.start -= count
    }
}
