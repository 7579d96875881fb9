import Testing

@testable import BenchHarness

@Suite struct FigureReportTests {
    /// 3,000 blocks of 100 B.
    private let workload = Workload(.appendBatchSmall, .tiny)

    private func sample(
        milliseconds: Int, processorMilliseconds: Int? = nil, anonymous: Int = 1, mapped: Int = 1,
        growth: Int = 1_000_000, referenceMilliseconds: Int = 10, hash: String = "ab"
    ) -> Sample {
        Sample(
            elapsed: .milliseconds(milliseconds), processorTime: .milliseconds(processorMilliseconds ?? milliseconds),
            peak: ResidentMemory(anonymous: anonymous, mapped: mapped), growth: growth,
            reference: .milliseconds(referenceMilliseconds), resultHash: hash)
    }

    @Test func ratesAreWorkByTimeTheSlowestRunBeingTheLeast() throws {
        let report = try FigureReport(
            workload, [10, 30, 20].map { (floor: sample(milliseconds: $0), ours: sample(milliseconds: 2 * $0)) })
        #expect(report.floor == Spread([300_000, 100_000, 150_000]))
        #expect(report.ours == Spread([150_000, 50_000, 75_000]))
        #expect(report.runCount == 3)
    }

    @Test func aRateOfMegabytesCountsTheBytesOfTheBlocks() {
        #expect(Workload(.appendBatchLarge, .tiny).rate(seconds: 2) == 128 * 65_536 / 1e6 / 2)
    }

    @Test func aRateOfGetsCountsTheReadsAndNotTheBlocks() {
        #expect(Workload(.getRandom, .tiny).rate(seconds: 0.5) == 12_000)
    }

    @Test func efficiencyIsFloorTimeByOurTimeOfNeighbouringRunsInTheMedian() throws {
        // The machine was slow in the second pair; the ratio is a half throughout.
        let report = try FigureReport(
            workload,
            [
                (floor: sample(milliseconds: 10), ours: sample(milliseconds: 20)),
                (floor: sample(milliseconds: 100), ours: sample(milliseconds: 200)),
                (floor: sample(milliseconds: 11), ours: sample(milliseconds: 22)),
            ])
        #expect(report.efficiency == 0.5)
    }

    @Test func ofMemoryThatACoreHoldsLessIsBetter() throws {
        let workload = Workload(.openMemory, .full)
        let report = try FigureReport(
            workload,
            [(floor: sample(milliseconds: 9, growth: 500_000), ours: sample(milliseconds: 1, growth: 2_000_000))])
        #expect((report.floor.median, report.ours.median, report.efficiency) == (500, 2_000, 0.25))
        #expect(report.jsonLine.contains(#""lessIsBetter":true"#))
        #expect(Table.row(report).contains("B/core ↓"))
    }

    @Test func ofARatioLessIsBetterWhateverTheTimesAre() throws {
        let report = try FigureReport(
            Workload(.openSparse, .full),
            [
                (
                    floor: sample(milliseconds: 10, referenceMilliseconds: 10),
                    ours: sample(milliseconds: 100, referenceMilliseconds: 50)
                )
            ])
        #expect((report.floor.median, report.ours.median, report.efficiency) == (1, 2, 0.5))
        #expect(Table.row(report).contains("2.00 … 2.00"))
    }

    @Test func processorTimeHasAnEfficiencyOfItsOwn() throws {
        let report = try FigureReport(
            workload,
            [
                (
                    floor: sample(milliseconds: 10, processorMilliseconds: 10),
                    ours: sample(milliseconds: 20, processorMilliseconds: 40)
                )
            ])
        #expect((report.efficiency, report.processorEfficiency) == (0.5, 0.25))
    }

    @Test func peaksAreTheHighestOfAllRunsEachKindForItself() throws {
        let report = try FigureReport(
            workload,
            [
                (floor: sample(milliseconds: 1), ours: sample(milliseconds: 1, anonymous: 5, mapped: 80)),
                (floor: sample(milliseconds: 1), ours: sample(milliseconds: 1, anonymous: 9, mapped: 70)),
            ])
        #expect(report.ourPeak == ResidentMemory(anonymous: 9, mapped: 80))
        #expect(report.floorPeak == ResidentMemory(anonymous: 1, mapped: 1))
    }

    @Test func runsThatCameToAnotherResultAreRefusedOnEitherSide() {
        for (floor, ours) in [("ab", "cd"), ("cd", "ab")] {
            #expect(throws: ResultMismatch.self) {
                try FigureReport(
                    workload,
                    [
                        (floor: sample(milliseconds: 1), ours: sample(milliseconds: 1)),
                        (floor: sample(milliseconds: 1, hash: floor), ours: sample(milliseconds: 1, hash: ours)),
                    ])
            }
        }
    }

    @Test func theJSONLineHasTheFieldsThatReadersGoBy() throws {
        let report = try FigureReport(
            workload,
            [
                (
                    floor: sample(milliseconds: 20, anonymous: 1_000_000, mapped: 2_500_000),
                    ours: sample(milliseconds: 30, anonymous: 3_000_000, mapped: 4_000_000)
                )
            ])
        #expect(
            report.jsonLine == """
                {"figure":"append-batch-100Bx1000","unit":"blocks/s","median":100000.0,"min":100000.0,"max":100000.0,\
                "runs":1,"floor":150000.0,"efficiency":0.667,"peakMemoryMB":3.0,"peakMappedMB":4.0,"resultHash":"ab",\
                "cpuEfficiency":0.667,"floorMin":150000.0,"floorMax":150000.0,"floorPeakMemoryMB":1.0,\
                "floorPeakMappedMB":2.5,"lessIsBetter":false,"size":"tiny"}
                """)
    }

    @Test func memoryThatTheSystemDoesNotTellIsNullInJSONAndADashInTheTable() throws {
        let unknown = Sample(elapsed: .seconds(1), processorTime: .seconds(1), peak: nil, resultHash: "ab")
        let report = try FigureReport(workload, [(floor: unknown, ours: unknown)])
        #expect(report.jsonLine.contains(#""peakMemoryMB":null,"peakMappedMB":null"#))
        #expect(Table.row(report).hasSuffix("–          –"))
    }

    @Test func everyRowOfTheTableIsAsWideAsItsHeading() throws {
        let heading = Table.heading.split(separator: "\n")
        for figure in Figure.allCases {
            let report = try FigureReport(
                Workload(figure, .full), [(floor: sample(milliseconds: 900), ours: sample(milliseconds: 1_000))])
            #expect(Table.row(report).count == heading[0].count)
        }
        #expect(heading[0].count == heading[1].count)
    }

    @Test func numbersInTheTableAreRoundedAndGrouped() {
        #expect([0, 999.6, 1_000, 1_234_567.4].map(Table.grouped) == ["0", "1,000", "1,000", "1,234,567"])
        #expect([0, 0.049, 12.35].map(Table.tenths) == ["0.0", "0.0", "12.4"])
        #expect([0, 0.005, 0.994, 0.995, 1.07].map(Table.hundredths) == ["0.00", "0.01", "0.99", "1.00", "1.07"])
    }
}
