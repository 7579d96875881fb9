import HypercoreStorage

/// The bytes of a log, in pieces: ``Hypercore/bytes(from:count:readAhead:options:)``.
///
/// A piece is what one block has of them, so it is never empty and at most 15 MiB. Each loop begins anew, and ends as one
/// over a ``BlockStream`` does. Bytes that are in the log when the first is asked for are read from a snapshot; where more
/// are asked for, the log is followed until it has them.
public struct ByteStream: AsyncSequence, Sendable {
    public typealias Element = [UInt8]

    fileprivate let log: Hypercore
    fileprivate let offset: UInt64
    fileprivate let count: UInt64?
    fileprivate let readAhead: Int
    fileprivate let options: GetOptions

    public func makeAsyncIterator() -> Iterator { Iterator(self) }

    /// One loop over the bytes.
    public struct Iterator: AsyncIteratorProtocol {
        private enum Phase {
            case new
            case running(BlockCursor)
            case over
        }

        private let stream: ByteStream
        private var phase = Phase.new
        /// Where the next byte lies.
        private var position = Hypercore.BytePosition(block: 0, offset: 0)
        /// How many bytes are still to come.
        private var rest: UInt64 = 0

        fileprivate init(_ stream: ByteStream) {
            self.stream = stream
        }

        /// The next bytes; `nil` after the last.
        public mutating func next() async throws -> [UInt8]? {
            guard var cursor = try await begun() else { return nil }
            phase = .over
            while rest > 0 {
                let block = try await cursor.block(position.block)
                let piece = block.dropFirst(Int(clamping: position.offset)).prefix(Int(clamping: rest))
                position = Hypercore.BytePosition(block: position.block + 1, offset: 0)
                rest -= UInt64(piece.count)
                guard !piece.isEmpty else { continue }
                phase = .running(cursor)
                return piece.count == block.count ? block : Array(piece)
            }
            return nil
        }

        private mutating func begun() async throws -> BlockCursor? {
            switch phase {
            case .over: return nil
            case .running(let cursor): return cursor
            case .new:
                phase = .over
                return try await begin()
            }
        }

        private mutating func begin() async throws -> BlockCursor? {
            let (log, options) = (stream.log, stream.options)
            if stream.count == nil { try await log.learnEnd(options) }
            try log.requireOpen()
            let view = try settle()
            guard rest > 0 else { return nil }
            position = try await log.seek(stream.offset, on: view, options)
            let end = view?.head.length ?? .max
            return BlockCursor(
                log: log, view: view, bounds: position.block..<Swift.max(position.block, end),
                readAhead: stream.readAhead,
                options: options)
        }

        /// Settles how many bytes come, and of what.
        private mutating func settle() throws -> SnapshotView? {
            let view = try stream.log.currentView()
            let padding = stream.options.isRaw ? 0 : stream.log.paddingByteCount
            let known = view.head.byteLength(withoutPadding: padding)
            let left = known - Swift.min(stream.offset, known)
            rest = stream.count ?? left
            return rest <= left || stream.log.view != nil ? view : nil
        }
    }
}

extension Hypercore {
    /// The bytes of the log from one on, whatever blocks they were appended in.
    ///
    /// ```swift
    /// for try await bytes in video.bytes(from: 1 << 20, count: 1 << 16) { send(bytes) }
    /// ```
    ///
    /// - Parameters:
    ///   - offset: the first byte, counted as ``seek(_:options:)`` does.
    ///   - count: how many bytes; `nil` for all up to the end of the log, which peers are asked for first where this store
    ///     does not write the log.
    ///   - readAhead: how many blocks peers are asked for before they are read; at most 4,096.
    ///   - options: how each of the blocks is got.
    public func bytes(
        from offset: UInt64 = 0, count: UInt64? = nil, readAhead: Int = 32, options: GetOptions = GetOptions()
    ) -> ByteStream {
        ByteStream(log: self, offset: offset, count: count, readAhead: readAhead, options: options)
    }
}
