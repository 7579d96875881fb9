import CompactEncoding
import TestSupport
import Testing

@testable import HypercoreStorage

/// A log's generations, written down block by block: what ``Spans`` must say.
private struct GenerationModel {
    private(set) var generations: [UInt32] = []
    private var current: UInt32 = 0
    private var next: UInt32 = 1

    mutating func append(_ count: Int) {
        generations += Array(repeating: current, count: count)
    }

    mutating func truncate(to length: Int) {
        generations.removeSubrange(length...)
        (current, next) = (next, next + 1)
    }

    /// Compares every block, and the one that would be appended next.
    func check(_ spans: Spans, _ history: @autoclosure () -> String) {
        let told = (0...generations.count).map { spans.generation(of: UInt64($0)).value }
        #expect(told == generations + [current], "\(history())")
    }
}

@Suite struct SpansTests {
    @Test func `a log that was never truncated has one generation`() {
        let spans = Spans()
        for index in [0, 1, 1000, UInt64.max - 1] { #expect(spans.generation(of: index) == .first) }
    }

    @Test func `every short history of appends and truncations gives each block the generation that it was written in`()
    {
        var count = 0
        func explore(_ spans: Spans, _ model: GenerationModel, depth: Int, _ history: String) {
            model.check(spans, history)
            count += 1
            guard depth > 0 else { return }
            for appended in [1, 2] {
                var longer = model
                longer.append(appended)
                explore(spans, longer, depth: depth - 1, history + " +\(appended)")
            }
            for length in 0...model.generations.count {
                var (cut, shorter) = (spans, model)
                cut.truncate(to: UInt64(length))
                shorter.truncate(to: length)
                explore(cut, shorter, depth: depth - 1, history + " cut \(length)")
            }
        }
        explore(Spans(), GenerationModel(), depth: 6, "")
        #expect(count > 9000)
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `long random histories agree with the model, also after every one was encoded and decoded`(seed: UInt64) throws
    {
        var generator = SeededGenerator(seed: seed)
        var (spans, model) = (Spans(), GenerationModel())
        for _ in 0..<60 {
            model.append(Int.random(in: 0...9, using: &generator))
            let length = Int.random(in: 0...model.generations.count, using: &generator)
            if Bool.random(using: &generator) {
                model.truncate(to: length)
                spans.truncate(to: UInt64(length))
            }
            spans = try Spans(decoding: spans.encoded)
            model.check(spans, "seed \(seed)")
        }
    }

    @Test func `truncating keeps no empty span, and forgets the generations that are cut off whole`() {
        var spans = Spans()
        for length in [10, 20, 30, 20, 5, 5, 0] as [UInt64] {
            spans.truncate(to: length)
            let ends = spans.spans.map(\.end)
            #expect(ends.first ?? 0 > 0 && zip(ends, ends.dropFirst()).allSatisfy { $0 < $1 })
        }
        #expect(spans.spans == [Spans.Span(generation: Generation(7), end: .max)])
    }
}

@Suite struct SpansEncodingTests {
    private struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let next: UInt32
        let spans: [(generation: UInt32, end: UInt64)]
    }

    private static let malformed = [
        Case(testDescription: "no span", next: 1, spans: []),
        Case(testDescription: "a last span with an end", next: 1, spans: [(0, 7)]),
        Case(testDescription: "ends that descend", next: 3, spans: [(0, 9), (1, 8), (2, .max)]),
        Case(testDescription: "two equal ends", next: 3, spans: [(0, 9), (1, 9), (2, .max)]),
        Case(testDescription: "two open spans", next: 2, spans: [(0, .max), (1, .max)]),
        Case(testDescription: "an empty first span", next: 2, spans: [(0, 0), (1, .max)]),
        Case(testDescription: "a generation that was not begun", next: 1, spans: [(0, 4), (1, .max)]),
        Case(testDescription: "one generation twice", next: 2, spans: [(1, 4), (1, .max)]),
        Case(testDescription: "generations that descend", next: 2, spans: [(1, 4), (0, .max)]),
    ]

    @Test(arguments: malformed)
    private func `spans that no history leads to are refused`(_ malformed: Case) {
        var writer = ByteWriter()
        writer.uint32(malformed.next)
        writer.array(malformed.spans) { writer, span in
            writer.uint32(span.generation)
            writer.uint64(span.end)
        }
        #expect(throws: CompactDecodingError.self) { try Spans(decoding: writer.bytes) }
    }

    @Test func `every truncation of an encoding is refused`() {
        var spans = Spans()
        for length in [30, 20, 25] as [UInt64] { spans.truncate(to: length) }
        for bytes in truncations(of: spans.encoded) {
            #expect(throws: CompactDecodingError.self) { try Spans(decoding: bytes) }
        }
    }

    @Test func `a count of spans that the bytes cannot hold is refused before anything is allocated for them`() {
        var writer = ByteWriter()
        writer.uint32(1)
        writer.uint(UInt64(1) << 40)
        #expect(throws: CompactDecodingError.self) { try Spans(decoding: writer.bytes) }
    }
}

extension Spans {
    fileprivate var encoded: [UInt8] {
        var writer = ByteWriter()
        encode(into: &writer)
        return writer.bytes
    }

    fileprivate init(decoding bytes: [UInt8]) throws {
        var reader = ByteReader(bytes.span.bytes)
        try self.init(from: &reader)
    }
}
