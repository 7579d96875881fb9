import BenchFloors
import BenchHarness
import BenchSubjects
import Testing

/// Floor and swift-corestore, in one process. The figures that replicate need a second one, and cold gets bound the memory of
/// theirs: `corestore-bench` compares their results in every run.
@Suite struct AgreementTests {
    @Test(arguments: Figure.allCases.filter { !$0.replicates && $0 != .getCold })
    func floorAndOursComeToTheSameResult(figure: Figure) async throws {
        let floor = try await result(of: FloorContender(), figure)
        let ours = try await result(of: CorestoreContender(), figure)
        #expect(floor == ours)
    }

    private func result(of contender: any Contender, _ figure: Figure) async throws -> String {
        let directory = try ScratchDirectory(in: "/tmp")
        let workload = Workload(figure, .tiny)
        var source: String?
        if figure.needsFilledStore {
            let filled = try directory.makeDirectory("source")
            try await contender.fill(workload, at: filled)
            source = filled
        }
        let meter = Meter()
        let scratch = try directory.makeDirectory("scratch")
        let result = try await contender.run(workload, in: RunPlace(scratch: scratch, source: source), meter)
        let sample = meter.sample(resultHash: result)
        #expect(sample != nil, "the clock was not stopped")
        return result
    }
}
