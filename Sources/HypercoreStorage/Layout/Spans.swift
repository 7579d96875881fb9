import CompactEncoding

/// Which generation holds which blocks of a log: runs of blocks, in order, the last one without an end.
///
/// ```text
/// append 10 blocks, truncate to 6, append 3, truncate to 8, append:
/// generation   0 0 0 0 0 0 1 1 2 2 2 …
/// block        0 1 2 3 4 5 6 7 8 9 …       spans: (0, ends 6) (1, ends 8) (2, open)
/// ```
public struct Spans: Hashable, Sendable {
    struct Span: Hashable, Sendable {
        let generation: Generation
        /// The first block past the span.
        let end: UInt64
    }

    // The last one ends at UInt64.max; never empty.
    private(set) var spans: [Span]
    /// The generation that the next truncation begins.
    private(set) var nextGeneration: Generation

    /// One span for a log that was never truncated.
    public init() {
        spans = [Span(generation: .first, end: .max)]
        nextGeneration = Generation.first.next
    }

    private init(spans: [Span], nextGeneration: Generation) {
        self.spans = spans
        self.nextGeneration = nextGeneration
    }

    /// The generation that holds, or will hold, block `index`.
    public func generation(of index: UInt64) -> Generation {
        // From the end: most logs have one span, and of those that were truncated most reads go to the last.
        var position = spans.count - 1
        while position > 0, index < spans[position - 1].end { position -= 1 }
        return spans[position].generation
    }

    /// Cuts the log at `length`: blocks from there on will be of a generation never used before.
    ///
    /// Blocks that were cut off stay stored under their old generation until they are swept.
    public mutating func truncate(to length: UInt64) {
        var kept: [Span] = []
        for span in spans {
            guard span.end >= length else {
                kept.append(span)
                continue
            }
            if length > (kept.last?.end ?? 0) {
                kept.append(Span(generation: span.generation, end: length))
            }
            break
        }
        kept.append(Span(generation: nextGeneration, end: .max))
        spans = kept
        nextGeneration = nextGeneration.next
    }
}

// MARK: - Parts

extension Spans {
    /// The parts of `range` that lie in one generation each, in order.
    func parts(of range: Range<UInt64>) -> [(generation: Generation, blocks: Range<UInt64>)] {
        var parts: [(generation: Generation, blocks: Range<UInt64>)] = []
        var start = range.lowerBound
        for span in spans where span.end > start && start < range.upperBound {
            let end = min(span.end, range.upperBound)
            parts.append((span.generation, start..<end))
            start = end
        }
        return parts
    }

    /// What a log of `length` blocks that lay in `old` no longer refers to, now that it lies in these spans.
    ///
    /// A generation that a log was cut in is never appended to again, so each piece has no end.
    func dropped(from old: Spans, length: UInt64) -> [GenerationTail] {
        old.parts(of: 0..<length).compactMap { part in
            let end = end(of: part.generation) ?? part.blocks.lowerBound
            guard end < part.blocks.upperBound else { return nil }
            return GenerationTail(generation: part.generation, start: max(end, part.blocks.lowerBound))
        }
    }

    /// Whether a log of `length` blocks in these spans has blocks in `tail`.
    public func reach(into tail: GenerationTail, length: UInt64) -> Bool {
        parts(of: 0..<length).contains { $0.generation == tail.generation && $0.blocks.upperBound > tail.start }
    }

    private func end(of generation: Generation) -> UInt64? {
        spans.first { $0.generation == generation }?.end
    }
}

/// The blocks of one generation from one on.
public struct GenerationTail: Hashable, Sendable {
    let generation: Generation
    /// The first block.
    let start: UInt64
}

// MARK: - Encoding

extension Spans {
    /// `u32 nextGeneration ‖ array(u32 generation ‖ u64 end)`.
    func encode(into writer: inout ByteWriter) {
        writer.uint32(nextGeneration.value)
        writer.array(spans) { writer, span in
            writer.uint32(span.generation.value)
            writer.uint64(span.end)
        }
    }

    init(from reader: inout ByteReader) throws(CompactDecodingError) {
        let start = reader.offset
        let next = Generation(try reader.uint32())
        let spans = try reader.array { (reader) throws(CompactDecodingError) in
            Span(generation: Generation(try reader.uint32()), end: try reader.uint64())
        }
        let ordered = zip(spans, spans.dropFirst()).allSatisfy { $0.end < $1.end && $0.generation < $1.generation }
        guard let first = spans.first, let last = spans.last, ordered, first.end > 0, last.end == .max,
            last.generation < next
        else {
            throw CompactDecodingError(.invalidValue("spans out of order"), offset: start)
        }
        self.init(spans: spans, nextGeneration: next)
    }
}
