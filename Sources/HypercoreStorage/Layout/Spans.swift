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
