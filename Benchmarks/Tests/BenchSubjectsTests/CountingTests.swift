import BenchHarness
import BenchSubjects
import Testing

@Suite struct CountingTests {
    @Test func anAppendPutsABlockItsNodesAndTheHeadInOneCommit() async throws {
        let counts = try await count(.appendSingle)
        #expect((counts[.puts], counts[.commits], counts[.syncs], counts[.deletes]) == (900, 300, 0, 0))
        #expect(try #require(counts[.putBytes]) > 300 * 100)
        #expect(counts[.messages] == nil)
    }

    @Test func aSyncedAppendWaitsForTheDiskOnce() async throws {
        let counts = try await count(.appendSingleFull)
        #expect((counts[.commits], counts[.syncs]) == (50, 50))
    }

    @Test func aReadOpensOneView() async throws {
        let counts = try await count(.getRandom)
        // One more where the store looks for garbage just then.
        #expect((6_000...6_002).contains(try #require(counts[.snapshots])))
        #expect((counts[.puts], counts[.commits]) == (0, 0))
    }

    @Test func aPipeCountsMessagesAndBytesOfBothSides() async throws {
        let counts = try await count(.pipeSmall)
        // A request and an answer for each block.
        #expect(try #require(counts[.messages]) >= 2 * 3_000)
        #expect(try #require(counts[.wireBytes]) > 3_000 * 100)
        #expect(try #require(counts[.writes]) > 0)
        #expect(try #require(counts[.puts]) >= 2 * 3_000)
    }

    private func count(_ figure: Figure) async throws -> Counts {
        let directory = try ScratchDirectory(in: "/tmp")
        let (contender, workload) = (CorestoreContender(), Workload(figure, .tiny))
        let source = figure.needsFilledStore ? try directory.makeDirectory("source") : nil
        if let source { try await contender.fill(workload, at: source) }
        let meter = Meter(counting: CountLedger())
        let place = RunPlace(scratch: try directory.makeDirectory("scratch"), source: source)
        let result = try await contender.run(workload, in: place, meter)
        let sample = meter.sample(resultHash: result)
        return try #require(sample).counts
    }
}
