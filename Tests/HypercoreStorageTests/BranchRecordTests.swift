import StorageEngine
import Testing

@testable import HypercoreStorage

@Suite struct SharedSpansTests {
    @Test func `a branch shares with its log what lies below the point where it began`() {
        let log = Spans()
        var branch = log
        branch.truncate(to: 5, beginning: Generation(3))
        #expect(branch.sharedLength(with: log) == 5 && log.sharedLength(with: branch) == 5)
        #expect(branch.generation(of: 4) == .first && branch.generation(of: 5) == Generation(3))
        #expect(log.sharedLength(with: log) == .max)
    }

    @Test func `what was cut off on either side is not shared`() {
        var log = Spans()
        log.truncate(to: 8, beginning: Generation(1))
        var branch = log
        branch.truncate(to: 10, beginning: Generation(2))
        #expect(branch.sharedLength(with: log) == 10)
        log.truncate(to: 9, beginning: Generation(3))
        #expect(branch.sharedLength(with: log) == 9)
        log.truncate(to: 4, beginning: Generation(4))
        #expect(branch.sharedLength(with: log) == 4)
        var other = Spans()
        other.truncate(to: 0, beginning: Generation(9))
        #expect(other.sharedLength(with: log) == 0)
    }

    @Test func `a deleted branch leaves behind what the log does not have`() throws {
        var (spans, log) = (Spans(), HeadRecord())
        log.tree = try Sample.tree(length: 7).head
        spans.truncate(to: 5, beginning: Generation(1))
        let tails = { (spans: Spans, length: UInt64) in
            spans.abandoned(length: length, goingOnIn: nil, keptBy: log).map {
                [UInt64($0.generation.value), $0.start]
            }
        }
        #expect(tails(spans, 9) == [[1, 5]])
        #expect(tails(spans, 5) == [])
        // The log has the first five blocks of the branch's own generation.
        log.spans = spans
        #expect(tails(spans, 9) == [[1, 7]] && tails(spans, 7) == [])
        #expect(
            spans.abandoned(length: 9, goingOnIn: nil).map { [UInt64($0.generation.value), $0.start] }
                == [[0, 0], [1, 5]])
    }

    @Test func `a generation that a head appends to is kept from sweeping without an end`() throws {
        var head = HeadRecord(tree: try Sample.tree(length: 7).head)
        head.spans.truncate(to: 5, beginning: Generation(2))
        #expect(head.end(in: GenerationTail(generation: .first, start: 3)) == 5)
        #expect(head.end(in: GenerationTail(generation: .first, start: 5)) == 0)
        #expect(head.end(in: GenerationTail(generation: Generation(2), start: 6)) == .max)
        #expect(head.end(in: GenerationTail(generation: Generation(1), start: 0)) == 0)
    }
}

@Suite struct GenerationCounterTests {
    private let engine = MemoryEngine(tables: Schema.tables)

    @Test func `no generation is given twice, and none that spans have`() throws {
        let counter = GenerationCounter(StoredCore(number: CoreNumber(0), engine: engine))
        var spans = Spans()
        spans.truncate(to: 0, beginning: Generation(6))
        #expect(try counter.take(above: Spans()) == Generation(1))
        #expect(try counter.take(above: spans, Spans()) == Generation(7))
        #expect(try counter.take(above: Spans()) == Generation(8))
    }

    @Test func `the counter is stored from the first branch on, and goes on from there`() async throws {
        let core = StoredCore(number: CoreNumber(0), engine: engine)
        let writer = GroupWriter(engine, durability: .relaxed)
        let first = GenerationCounter(core)
        _ = try first.take(above: Spans())
        #expect(first.record == nil)
        _ = try first.take(above: Spans(), forBranch: true)
        let record = try #require(first.record)
        #expect(record == Generation(3))
        var write = CoreWrite(core.number, WriteSet())
        write.put(nextGeneration: record)
        try await writer.commit(write.set)
        let second = GenerationCounter(core)
        #expect(try second.take(above: Spans()) == Generation(3))
        #expect(second.record == Generation(4))
    }

    @Test func `a counter that is used up says so`() async throws {
        let core = StoredCore(number: CoreNumber(0), engine: engine)
        var write = CoreWrite(core.number, WriteSet())
        write.put(nextGeneration: Generation(.max))
        try await GroupWriter(engine, durability: .relaxed).commit(write.set)
        let error = #expect(throws: StorageRecordError.self) { try GenerationCounter(core).take(above: Spans()) }
        #expect(error?.code == .exhausted)
    }
}
