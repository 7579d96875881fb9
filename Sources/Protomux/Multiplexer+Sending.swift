public import CompactEncoding

extension Multiplexer {
    /// Sends a message whose body is written in place, straight into the frame that leaves.
    ///
    /// - Parameters:
    ///   - type: The number of the message within its protocol, from 0 up.
    ///   - channel: The channel, which need not be open yet.
    ///   - expectedLength: The length of the body in bytes, if it is known. A large body written into a batch is moved
    ///     once if this is absent or far off, for its length stands before it.
    ///   - body: Appends the body to what the writer already holds, and leaves that alone.
    /// - Returns: Whether the message was written: `false` on a channel that is over, which any channel may be at any time.
    /// - Throws: `.frameTooLarge`, and then nothing has been written and the stream goes on.
    @discardableResult
    public mutating func send(
        type: UInt64, on channel: ChannelID, expectedLength: Int = 0, _ body: (inout ByteWriter) -> Void
    ) throws(ProtomuxError) -> Bool {
        guard local[channel] != nil else { return false }
        try outbox.append(channel: channel.localID, type: type, expectedLength: expectedLength, body)
        return true
    }

    /// Sends a message; see ``send(type:on:expectedLength:_:)``.
    @discardableResult
    public mutating func send(_ body: RawSpan, type: UInt64, on channel: ChannelID) throws(ProtomuxError) -> Bool {
        try send(type: type, on: channel, expectedLength: body.byteCount) { writer in writer.raw(body) }
    }

    /// Sends a message; see ``send(type:on:expectedLength:_:)``.
    @discardableResult
    public mutating func send(_ body: [UInt8], type: UInt64, on channel: ChannelID) throws(ProtomuxError) -> Bool {
        try send(body.span.bytes, type: type, on: channel)
    }

    /// Gathers everything that is sent from here on into batches, until ``uncork()`` has been called as often.
    ///
    /// A batch is ended early before it grows past ``Limits/largestFrame``, and at ``Limits/batchFlushThreshold``.
    public mutating func cork() { outbox.cork() }

    /// Ends what ``cork()`` began, and with the outermost pair the batch.
    ///
    /// - Precondition: there was a `cork()` for it.
    public mutating func uncork() { outbox.uncork() }

    /// Whether there are frames to drain.
    public var hasFrames: Bool { outbox.hasFrames }

    /// How many bytes have been sent and not drained, those of an unfinished batch included.
    public var pendingByteCount: Int { outbox.byteCount }

    /// Hands out each complete frame in order, borrowed, and forgets it. A batch that is still corked stays.
    ///
    /// If `body` throws, the frame that it was given is gone and those after it stay.
    public mutating func drainFrames<Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        try outbox.drain(body)
    }

    /// Takes out each complete frame, copied; see ``drainFrames(_:)``.
    public mutating func takeFrames() -> [[UInt8]] {
        var frames: [[UInt8]] = []
        drainFrames { frames.append([UInt8](copying: $0)) }
        return frames
    }

    /// Writes a control message that holds one channel number.
    mutating func writeControl(_ control: Control, _ id: UInt64) {
        do throws(ProtomuxError) {
            try outbox.append(channel: 0, type: control.rawValue) { writer in writer.uint(id) }
        } catch {
            preconditionFailure("a control message of a few bytes does not fit in a frame: \(error)")
        }
    }
}
