import CompactEncoding

/// Which generation holds which blocks of a log: runs of blocks, in order, the last one without an end.
///
/// A log's main line and its branches have spans each, and may have generations in common: blocks that they share. Only
/// one of them appends to a generation, the one in whose spans it is the last.
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
    /// Above every generation of these spans.
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
    ///
    /// - Parameters:
    ///   - length: how many blocks stay.
    ///   - generation: one that neither the main line nor a branch of the core has used (``GenerationCounter``); where
    ///     none is given, the next one of these spans, which is right for a core that never had a branch.
    public mutating func truncate(to length: UInt64, beginning generation: Generation? = nil) {
        let generation = generation ?? nextGeneration
        precondition(
            generation >= nextGeneration, "generation \(generation.value) was begun before \(nextGeneration.value)")
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
        kept.append(Span(generation: generation, end: .max))
        spans = kept
        nextGeneration = generation.next
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

    /// What a log of `length` blocks in these spans leaves behind when it goes on in `spans`, or is deleted.
    ///
    /// A generation that a log was cut in is never appended to again, so each piece has no end.
    ///
    /// - Parameters:
    ///   - spans: what it goes on in; `nil` where it is deleted.
    ///   - other: another head of the same core. What it reads is left out, and is its to leave behind.
    func abandoned(length: UInt64, goingOnIn spans: Spans?, keptBy other: HeadRecord? = nil) -> [GenerationTail] {
        guard self != spans else { return [] }
        let kept = other.map { $0.spans.parts(of: 0..<$0.length) } ?? []
        return parts(of: 0..<length).compactMap { part in
            let ends = [
                part.blocks.lowerBound, spans?.end(of: part.generation) ?? 0,
                kept.first { $0.generation == part.generation }?.blocks.upperBound ?? 0,
            ]
            guard let end = ends.max(), end < part.blocks.upperBound else { return nil }
            return GenerationTail(generation: part.generation, start: end)
        }
    }

    /// How many blocks from the first on are the same stored ones in both, however long the logs are.
    public func sharedLength(with other: Spans) -> UInt64 {
        var shared: UInt64 = 0
        for (ours, theirs) in zip(spans, other.spans) {
            guard ours.generation == theirs.generation else { break }
            shared = min(ours.end, theirs.end)
            guard ours.end == theirs.end else { break }
        }
        return shared
    }

    /// Where the blocks end that a log of `length` blocks in these spans has in `tail`; 0 where it has none.
    public func end(in tail: GenerationTail, length: UInt64) -> UInt64 {
        let part = parts(of: 0..<length).first { $0.generation == tail.generation }
        guard let end = part?.blocks.upperBound, end > tail.start else { return 0 }
        return end
    }

    /// The generation that the log appends to.
    var openGeneration: Generation? { spans.last?.generation }

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
