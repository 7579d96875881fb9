/// The values of a log, one after the other: ``TypedHypercore/values(start:end:_:readAhead:options:)``.
///
/// It behaves as a ``BlockStream`` does. A block that is no value of the codec ends it with `.codingFailed`.
public struct ValueStream<Codec: BlockCodec>: AsyncSequence, Sendable {
    public typealias Element = Codec.Value

    fileprivate let typed: TypedHypercore<Codec>
    fileprivate let blocks: BlockStream

    public func makeAsyncIterator() -> Iterator { Iterator(typed: typed, walk: BlockWalk(blocks)) }

    /// One loop over the values.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let typed: TypedHypercore<Codec>
        fileprivate var walk: BlockWalk
        private var isOver = false

        fileprivate init(typed: TypedHypercore<Codec>, walk: BlockWalk) {
            self.typed = typed
            self.walk = walk
        }

        /// The next value; `nil` after the last, and after an error.
        public mutating func next() async throws -> Codec.Value? {
            guard !isOver, let (index, block) = try await walk.next() else { return nil }
            do {
                return try typed.decode(block, at: index)
            } catch {
                isOver = true
                throw error
            }
        }
    }
}

extension TypedHypercore {
    /// The values from block `start` on, one after the other; see ``Hypercore/blocks(start:end:_:readAhead:options:)``.
    ///
    /// ```swift
    /// for try await order in orders.values(start: cursor, .live) { … }
    /// ```
    public func values(
        start: UInt64 = 0, end: UInt64? = nil, _ mode: BlockStream.Mode = .ascending, readAhead: Int = 32,
        options: GetOptions = GetOptions()
    ) -> ValueStream<Codec> {
        ValueStream(
            typed: self,
            blocks: log.blocks(start: start, end: end, mode, readAhead: readAhead, options: options))
    }
}
