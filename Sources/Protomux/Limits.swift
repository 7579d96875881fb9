extension Multiplexer {
    /// How much of everything the other side may make us hold, and how large frames may be.
    ///
    /// The defaults let through whatever the reference sends.
    public struct Limits: Equatable, Sendable {
        /// The largest frame in either direction, in bytes. By default the largest plaintext of a secret stream
        /// (PROTOCOL §5). Longer ones are refused on receipt; a batch is ended before it would grow past it.
        public var largestFrame = (1 << 24) - 1 - 17

        /// A batch that has reached this many bytes is ended before the next message: the reference's 8 MiB, so that
        /// long batches break at the same places as there.
        public var batchFlushThreshold = 8 * 1024 * 1024

        /// How deep batches may lie within each other. The reference never nests them, but reads them.
        public var batchDepth = 4

        /// The largest number that either side may give a channel, and so how many can be open at once. A store opens
        /// all its cores in one go, so this is not small. Passing it ends the stream.
        public var channels: UInt64 = 65_536

        /// How many opens of the other side may wait for an answer. Those beyond are rejected.
        public var unpairedOpens = 16_384

        /// The longest protocol name, in bytes of UTF-8. Passing it ends the stream.
        public var protocolNameLength = 256

        /// The longest channel id, in bytes. Passing it ends the stream.
        public var idLength = 1_024

        /// The longest handshake, in bytes. Passing it ends the stream.
        public var handshakeLength = 64 * 1024

        /// How many bytes of messages may wait for one unanswered open. A channel that passes it is rejected.
        public var bufferedBytesPerChannel = 4 * 1024 * 1024

        /// How many bytes may wait for all unanswered opens together, the opens themselves included. Passing it ends the
        /// stream. Each message and each open counts ``bufferedItemOverhead`` bytes more than it is long.
        public var bufferedBytes = 16 * 1024 * 1024

        /// From this many waiting bytes on, ``Multiplexer/shouldPauseReading`` is true: the reference's 32 KiB.
        public var pauseThreshold = 32 * 1024

        /// What a waiting message or open costs beside its own bytes, so that many empty ones are not free.
        public static let bufferedItemOverhead = 256

        /// The defaults.
        public init() {}
    }
}
