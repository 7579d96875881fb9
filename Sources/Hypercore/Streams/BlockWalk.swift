import HypercoreStorage

/// A walk over the blocks of a log: what it goes over is settled when the first block is asked for.
struct BlockWalk {
    private enum Phase {
        case new
        case running(BlockCursor)
        case over
    }

    private let stream: BlockStream
    private var phase = Phase.new
    /// The blocks that are still to come; in a walk without an end, those that may come.
    private var rest: Range<UInt64> = 0..<0

    init(_ stream: BlockStream) {
        self.stream = stream
    }

    /// The next block and its index; `nil` after the last, and after an error.
    mutating func next() async throws -> (index: UInt64, block: [UInt8])? {
        guard var cursor = try await begun() else { return nil }
        // Not left in the phase meanwhile: an error ends the walk, and what it holds of the log.
        phase = .over
        guard let index = try nextIndex() else { return nil }
        let block = try await cursor.block(index)
        phase = .running(cursor)
        return (index, block)
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

    private mutating func nextIndex() throws -> UInt64? {
        if stream.mode == .catchingUp, stream.log.view == nil {
            try stream.log.requireOpen()
            guard rest.lowerBound < stream.log.length else { return nil }
        }
        guard !rest.isEmpty else { return nil }
        if stream.mode == .descending {
            rest = rest.lowerBound..<rest.upperBound - 1
            return rest.upperBound
        }
        defer { rest = rest.lowerBound + 1..<rest.upperBound }
        return rest.lowerBound
    }

    private mutating func begin() async throws -> BlockCursor {
        let log = stream.log
        if stream.end == nil, stream.mode != .live { try await log.learnEnd(stream.options) }
        try log.requireOpen()
        let view = try settle()
        return BlockCursor(
            log: log, view: view, bounds: rest, isDescending: stream.mode == .descending, readAhead: stream.readAhead,
            options: stream.options)
    }

    /// Settles which blocks are walked over, and of what.
    private mutating func settle() throws -> SnapshotView? {
        let log = stream.log
        let follows = log.view == nil && (stream.mode == .live || stream.mode == .catchingUp)
        guard !follows else {
            rest = stream.start..<max(stream.start, stream.end ?? .max)
            return nil
        }
        let view = try log.currentView()
        let length = view.head.length
        let end = stream.end ?? length
        rest = stream.start..<max(stream.start, end)
        // What lies past the end of the log can only be waited for.
        return end <= length || log.view != nil ? view : nil
    }
}
