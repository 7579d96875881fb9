import Synchronization
import Testing

@testable import BenchHarness

@Suite struct ThresholdTests {
    /// A figure of which puts and commits are the same in every run, and one of which nothing is.
    private let exact = Figure.appendSingle
    private let uncertain = Figure.pipeSmall

    private func thresholds(_ counts: [CountKind: Int] = [:], efficiency: Double = 0.5) -> FigureThresholds {
        FigureThresholds(counts: Counts(counts), efficiency: efficiency)
    }

    // MARK: - Counts

    @Test func whatIsAsItWasCommittedIsNotSpokenOf() {
        let counts: [CountKind: Int] = [.puts: 900, .commits: 300, .deletes: 0]
        #expect(thresholds(counts).findings(of: exact, counts: Counts(counts)) == [])
    }

    @Test func oneMoreFailsAndSaysWhatWasExpectedAndWhatCame() throws {
        let findings = thresholds([.puts: 900, .commits: 300])
            .findings(of: exact, counts: Counts([.puts: 901, .commits: 300]))
        #expect(findings == [.grew(exact, .puts, committed: 900, counted: 901)])
        #expect(findings.map(\.isFailure) == [true])
        #expect(try #require(findings.first).description == "append-single-100B: puts grew: expected 900, got 901")
    }

    @Test func oneLessIsToldSoThatItCanBeCommitted() throws {
        let findings = thresholds([.puts: 900]).findings(of: exact, counts: Counts([.puts: 899]))
        #expect(findings == [.shrank(exact, .puts, committed: 900, counted: 899)])
        #expect(findings.map(\.isFailure) == [false])
        #expect(try #require(findings.first).description.contains("from 900 to 899"))
    }

    @Test func aCeilingMayBeReachedAndNotPassed() {
        let thresholds = thresholds([.writes: 100])
        #expect(thresholds.findings(of: uncertain, counts: Counts([.writes: 100])) == [])
        #expect(thresholds.findings(of: uncertain, counts: Counts([.writes: 60])) == [])
        let findings = thresholds.findings(of: uncertain, counts: Counts([.writes: 101]))
        #expect(findings.map(\.isFailure) == [true])
        #expect(findings.map(\.description) == ["repl-pipe-100b: writes grew: expected at most 100, got 101"])
    }

    @Test func aCeilingFarAboveWhatIsCountedProtectsNothingAndIsTold() {
        // Recorded again, 300 would become 608.
        let thresholds = thresholds([.writes: 1_000])
        #expect(thresholds.findings(of: uncertain, counts: Counts([.writes: 328])) == [])
        let findings = thresholds.findings(of: uncertain, counts: Counts([.writes: 300]))
        #expect(findings == [.shrank(uncertain, .writes, committed: 1_000, counted: 300)])
    }

    @Test func whatNobodyCommittedOrNobodyCountsFails() {
        let thresholds = thresholds([.puts: 1])
        let findings = thresholds.findings(of: exact, counts: Counts([.commits: 1]))
        #expect(findings == [.uncounted(exact, .puts, committed: 1), .uncommitted(exact, .commits, counted: 1)])
        #expect(findings.map(\.isFailure) == [true, true])
        #expect(Finding.missing(exact).isFailure)
    }

    @Test func onlyCeilingsAreCommittedWithRoomAbove() {
        let counts = Counts([.puts: 100, .commits: 10, .snapshots: 0])
        #expect(counts.committed(for: exact) == Counts([.puts: 100, .commits: 10, .snapshots: 2]))
        #expect(counts.committed(for: uncertain) == Counts([.puts: 133, .commits: 48, .snapshots: 8]))
    }

    // MARK: - Efficiency

    @Test(
        arguments: [(0.35, nil), (0.5, nil), (0.71, nil), (0.34, true), (0.0, true), (0.72, false)] as [(Double, Bool?)]
    )
    func anEfficiencyFailsBelowSevenTenthsOfWhatIsCommitted(measured: Double, isFailure: Bool?) {
        #expect(thresholds(efficiency: 0.5).finding(of: exact, efficiency: measured)?.isFailure == isFailure)
    }

    @Test func whatBecameSlowSaysWhatWouldHaveBeenEnough() throws {
        let finding = try #require(thresholds(efficiency: 0.5).finding(of: exact, efficiency: 0.2))
        #expect(
            finding.description == """
                append-single-100B: efficiency fell: expected at least 0.35, which is 0.7 of the committed 0.50; got 0.20
                """)
    }

    // MARK: - Files

    @Test func whatIsWrittenIsReadAgain() throws {
        let scratch = try ScratchDirectory(in: "/tmp")
        let directory = ThresholdDirectory(scratch.path + "/Thresholds")
        #expect(try directory.read(.createMany) == nil)
        let written = thresholds([.puts: 7, .copiedBytes: 0, .deletes: 2], efficiency: 0.83)
        try directory.write(written, of: .createMany)
        #expect(try directory.read(.createMany) == written)
        #expect(try directory.read(.appendSingle) == nil)
    }
}

@Suite struct CountsTests {
    @Test func countsSurviveTheirWord() {
        for counts in [Counts(), Counts([.puts: 0]), Counts([.puts: 3, .commits: 1, .wireBytes: 1 << 40])] {
            #expect(Counts(word: counts.word) == counts)
        }
    }

    @Test(arguments: ["", "puts", "puts=", "puts=x", "other=3", "puts=3,", "puts=1=2"])
    func anotherWordIsNoCounts(word: String) {
        #expect(Counts(word: word) == nil)
    }

    @Test func onlyWhatHappensWhileTheClockRunsIsCounted() throws {
        let ledger = CountLedger()
        let meter = Meter(counting: ledger)
        let source = Tally()
        source.add(5)
        ledger.add { Counts([.puts: source.value]) }
        meter.start()
        source.add(3)
        // One that comes while the clock runs counts from zero.
        ledger.add { Counts([.puts: 10, .commits: 1]) }
        meter.stop()
        source.add(7)
        let measured = meter.sample(resultHash: "")
        let counts = try #require(measured).counts
        #expect((counts[.puts], counts[.commits], counts[.messages]) == (13, 1, nil))
    }

    @Test func theHighestOfSeveralRunsIsTakenKindByKind() {
        let highest = Counts([.puts: 3, .commits: 9]).raised(to: Counts([.puts: 4, .commits: 1, .syncs: 2]))
        #expect(highest == Counts([.puts: 4, .commits: 9, .syncs: 2]))
    }

    private final class Tally: Sendable {
        private let count = Mutex(0)
        var value: Int { count.withLock { $0 } }
        func add(_ more: Int) { count.withLock { $0 += more } }
    }
}
