import Testing

@testable import BenchHarness

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

@Suite struct ScalingTests {
    private func point(
        _ operation: ScalingPoint.Operation = .get, blocks: Int, cores: Int = 1, microseconds: Double, depth: Int
    ) -> ScalingPoint {
        ScalingPoint(
            operation: operation, blockCount: blocks, coreCount: cores, microseconds: microseconds, depth: depth)
    }

    @Test func logsGrowByTensAndOnlyLargeStoresHaveManyCores() {
        #expect(ScalingPlan.all(upTo: 10_000).map(\.blockCount) == [1_000, 10_000])
        let plans = ScalingPlan.all(upTo: 1_000_000)
        #expect(plans.map(\.blockCount) == [1_000, 10_000, 100_000, 1_000_000, 100_000, 100_000])
        #expect(plans.map(\.coreCount) == [1, 1, 1, 1, 100, 10_000])
    }

    @Test func aPointSurvivesItsLine() throws {
        let points = [
            point(blocks: 1_000, microseconds: 1.25, depth: 2), point(.open, blocks: 10, microseconds: 3, depth: 1),
        ]
        #expect(try ScalingPoint.read(lines: points.map { try $0.jsonLine }.joined(separator: "\n\n")) == points)
    }

    @Test func aCostMayGrowAsTheTreeBecomesDeeperAndHalfAsMuchAgain() {
        let base = point(blocks: 1_000, microseconds: 2, depth: 2)
        // Twice as deep: up to three times the cost.
        let most = point(blocks: 1_000_000, microseconds: 6, depth: 4)
        let tooMuch = point(blocks: 1_000_000, microseconds: 6.2, depth: 4)
        #expect(ScalingReport([most, base]).excesses == [])
        #expect(ScalingReport([tooMuch, base]).excesses.map(\.point) == [tooMuch])
        #expect(ScalingReport([tooMuch, base]).excesses.first?.description.contains("3.10 times") == true)
    }

    @Test func whatManyCoresCostIsShownAndNotComparedWithOneLog() {
        let points = [
            point(.append, blocks: 1_000, microseconds: 1, depth: 2),
            point(.append, blocks: 100_000, cores: 10_000, microseconds: 100, depth: 2),
        ]
        let report = ScalingReport(points)
        #expect(report.excesses == [])
        #expect(report.text.contains("| 100,000 | 10,000 | 2 | 100.00 | – | – | – |"))
        #expect(!report.chart.contains("10,000"))
    }

    @Test func theChartIsTheSameForTheSamePointsInAnyOrder() {
        let points = ScalingPoint.Operation.allCases.flatMap { operation in
            [1_000, 10_000].map { point(operation, blocks: $0, microseconds: Double($0) / 1_000, depth: 2) }
        }
        #expect(ScalingReport(points).chart == ScalingReport(points.reversed()).chart)
        #expect(ScalingReport(points).chart.contains(">replicate, 1.00 µs</text>"))
    }
}

@Suite struct KeepAliveTests {
    @Test func aKeepAliveIsLateByWhatItComesAfterItsIntervalAndMissedWhenTheNextIsDue() {
        let report = KeepAliveReport(
            gaps: [250, 251, 260, 499, 500, 1_010, 249].map(Duration.milliseconds), interval: .milliseconds(250),
            readCount: 10, elapsed: .seconds(2))
        #expect(report.count == 7)
        // One in the gap of 500 ms, three in that of 1,010.
        #expect(report.missed == 4)
        #expect((report.medianMilliseconds, report.maximumMilliseconds) == (10, 760))
    }

    @Test func aReportSurvivesItsLine() throws {
        let report = KeepAliveReport(
            gaps: [.milliseconds(252)], interval: .milliseconds(250), readCount: 10, elapsed: .seconds(2))
        #expect(try KeepAliveReport.read(line: report.jsonLine) == report)
        #expect(report.text.contains("0 were missed"))
    }
}

#if os(Linux)
@Suite struct ColdTests {
    @Test func whatWasDroppedIsNotCachedUntilItIsReadAgain() throws {
        let directory = try ScratchDirectory(in: "/var/tmp")
        let inner = try directory.makeDirectory("inner")
        let path = inner + "/file"
        let byteCount = 8 << 20
        let file = open(path, O_RDWR | O_CREAT, 0o600)
        defer { close(file) }
        let bytes = [UInt8](repeating: 1, count: byteCount)
        try #require(write(file, bytes, byteCount) == byteCount)
        #expect(try PageCache.cachedShare(of: file) == 1)
        try PageCache.drop(directory.path)
        #expect(try PageCache.cachedShare(of: file) < 0.02)
        var read = [UInt8](repeating: 0, count: byteCount)
        try #require(pread(file, &read, byteCount, 0) == byteCount)
        #expect(try PageCache.cachedShare(of: file) == 1)
    }

    @Test func whatIsMappedCannotBeDroppedAndIsSaid() throws {
        let directory = try ScratchDirectory(in: "/var/tmp")
        let file = open(directory.path + "/file", O_RDWR | O_CREAT, 0o600)
        defer { close(file) }
        let bytes = [UInt8](repeating: 1, count: 1 << 20)
        try #require(write(file, bytes, bytes.count) == bytes.count)
        let map = try #require(mmap(nil, bytes.count, PROT_READ, MAP_SHARED | MAP_POPULATE, file, 0))
        defer { munmap(map, bytes.count) }
        let error = #expect(throws: StillCached.self) { try PageCache.drop(directory.path) }
        #expect(error?.description.contains("100.0 %") == true)
    }
}
#endif
