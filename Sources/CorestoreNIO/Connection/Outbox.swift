/// What a connection is to send and do, gathered from any thread until its event loop gets to it.
///
/// A value: ``ChannelTransport`` keeps it in a lock, and the event loop empties it. At most one wake-up is under way at
/// a time, so that a burst of small writes costs one hand-over to the event loop and one flush.
struct Outbox {
    /// Bytes above which the connection is not writable, wherever they wait.
    private let highWaterMark: Int

    private var waiting: [[UInt8]] = []
    private var waitingByteCount = 0
    /// Whether the socket's own buffer has room, as the channel said last.
    private var channelIsWritable = true
    /// Whether somebody was told to pause, and has to be told to go on.
    private var owesDrained = false
    /// Whether the event loop already knows that it has to come and look.
    private var isWakeUnderWay = false
    private var closing = Closing.no

    private enum Closing { case no, asked, closed }

    /// Whether closing was asked for, or has happened.
    var isClosing: Bool { closing != .no }

    init(highWaterMark: Int) {
        self.highWaterMark = highWaterMark
    }
}

// MARK: - From any thread

extension Outbox {
    /// Adds bytes to send. Once closing was asked for they are dropped: nobody will read them.
    ///
    /// - Returns: whether the event loop has to be woken.
    mutating func write(_ bytes: [UInt8]) -> Bool {
        guard closing == .no else { return false }
        waiting.append(bytes)
        waitingByteCount += bytes.count
        return wake()
    }

    /// Asks for the connection to be closed after what was written.
    ///
    /// - Returns: whether the event loop has to be woken.
    mutating func close() -> Bool {
        guard closing == .no else { return false }
        closing = .asked
        return wake()
    }

    /// Asks the event loop to come and look.
    ///
    /// - Returns: whether it has to be woken; not if it is on its way.
    mutating func wake() -> Bool {
        guard !isWakeUnderWay, closing != .closed else { return false }
        isWakeUnderWay = true
        return true
    }

    /// Whether there is room for more. Who is told that there is none is owed a word when there is again.
    mutating func isWritable() -> Bool {
        let hasRoom = closing == .no && channelIsWritable && waitingByteCount < highWaterMark
        if !hasRoom { owesDrained = true }
        return hasRoom
    }
}

// MARK: - From the event loop

extension Outbox {
    /// What the event loop found to do.
    struct Work {
        var writes: [[UInt8]]
        var byteCount: Int
        /// Whether to close once the writes are out.
        var closes: Bool
    }

    /// The event loop is about to take by itself: nobody needs to wake it until then.
    mutating func expectTake() {
        isWakeUnderWay = true
    }

    /// Takes everything that is to be done.
    mutating func take() -> Work {
        isWakeUnderWay = false
        defer {
            waiting = []
            waitingByteCount = 0
        }
        return Work(writes: waiting, byteCount: waitingByteCount, closes: closing == .asked)
    }

    /// Notes whether the socket's buffer has room.
    ///
    /// - Returns: whether those who paused are to be told to go on.
    mutating func channelWritabilityChanged(to isWritable: Bool) -> Bool {
        channelIsWritable = isWritable
        guard isWritable, owesDrained, waitingByteCount < highWaterMark, closing == .no else { return false }
        owesDrained = false
        return true
    }

    /// The socket is closed: drops what waits and takes nothing more.
    mutating func channelClosed() {
        closing = .closed
        waiting = []
        waitingByteCount = 0
    }
}
