/// The blocks of a log, one after the other: ``Hypercore/blocks(start:end:_:readAhead:options:)``.
///
/// Each loop over it begins anew. It holds one block at a time; what it reads ahead is stored and not held. It ends with
/// `.closed` when the session is closed, and with a `CancellationError` when the task is cancelled; after an error there is
/// nothing more.
public struct BlockStream: AsyncSequence, Sendable {
    public typealias Element = [UInt8]

    /// Which blocks come, in which order, and what becomes of a stream when the log changes under it.
    public enum Mode: Hashable, Sendable {
        /// Those that there are when the first is asked for, from the first to the last, as a snapshot shows them: what
        /// becomes of the log meanwhile changes nothing, except that blocks may be cleared.
        ///
        /// Where an end is given that lies past the end of the log, the log is followed until it gets there.
        case ascending
        /// The same from the last to the first.
        case descending
        /// The log as it goes, until there is no further block.
        case catchingUp
        /// The log as it goes, and then what it grows by.
        ///
        /// Where the log is truncated below the place that the stream has come to, the stream goes on from that place when
        /// the log has grown to it again: blocks that replace those which it has brought are not brought. Whoever needs
        /// them looks out for ``CoreEvent/truncated(length:fork:)`` and begins a new stream.
        case live
    }

    let log: Hypercore
    let start: UInt64
    let end: UInt64?
    let mode: Mode
    let readAhead: Int
    let options: GetOptions

    public func makeAsyncIterator() -> Iterator { Iterator(walk: BlockWalk(self)) }

    /// One loop over the blocks.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate var walk: BlockWalk

        /// The next block; `nil` after the last.
        public mutating func next() async throws -> [UInt8]? { try await walk.next()?.block }
    }
}

extension Hypercore {
    /// The blocks from `start` on, one after the other; those that are not here are brought by peers.
    ///
    /// ```swift
    /// for try await block in log.blocks() { … }                             // all that there are
    /// for try await block in log.blocks(start: 10, end: 20, .descending) { … }
    /// for try await block in log.blocks(start: log.length, .live) { … }     // what comes from now on
    /// ```
    ///
    /// Where no end is given, and this store does not write the log, peers are first asked whether it is longer.
    ///
    /// - Parameters:
    ///   - start: the first block.
    ///   - end: the first block past those that come; `nil` for the end of the log, or none where it is followed live.
    ///   - mode: which blocks come, and in which order.
    ///   - readAhead: how many blocks peers are asked for before they are read; at most 4,096.
    ///   - options: how each of the blocks is got.
    public func blocks(
        start: UInt64 = 0, end: UInt64? = nil, _ mode: BlockStream.Mode = .ascending, readAhead: Int = 32,
        options: GetOptions = GetOptions()
    ) -> BlockStream {
        BlockStream(log: self, start: start, end: end, mode: mode, readAhead: readAhead, options: options)
    }
}
