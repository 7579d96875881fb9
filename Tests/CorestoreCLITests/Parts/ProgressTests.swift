import Testing

@testable import CorestoreCLI

@Suite struct ProgressTests {
    /// A download of 1,000 blocks, a hundred of which were here; a hundred blocks and 10 MB a second.
    private func meter(afterSeconds seconds: Int) -> ProgressMeter {
        var meter = ProgressMeter()
        for second in 0...seconds {
            meter.update(
                ProgressMeter.Extent(stored: UInt64(100 + 100 * second), total: 1000),
                downloadedBytes: UInt64(10_000_000 * second), at: .seconds(second))
        }
        return meter
    }

    @Test func countsWhatWasHereAsStoredButNotAsSpeed() {
        let meter = meter(afterSeconds: 0)
        #expect(meter.extent.fraction == 0.1)
        #expect(meter.bytesPerSecond == 0)
        #expect(meter.secondsLeft == nil)
    }

    @Test func measuresASteadySpeedExactly() throws {
        let meter = meter(afterSeconds: 4)
        #expect(abs(meter.bytesPerSecond - 10_000_000) < 1)
        let left = try #require(meter.secondsLeft)
        #expect(abs(left - 5) < 0.001)
    }

    @Test func isDoneWhenEverythingIsStored() {
        let meter = meter(afterSeconds: 9)
        #expect(meter.extent.fraction == 1)
        #expect(meter.secondsLeft == 0)
        #expect(ProgressMeter().extent.fraction == 1, "there is nothing to have")
    }

    @Test func forgetsAnOldSpeed() {
        var meter = meter(afterSeconds: 4)
        for second in 5...30 {
            meter.update(meter.extent, downloadedBytes: 40_000_000, at: .seconds(second))
        }
        #expect(meter.bytesPerSecond < 10_000)
    }

    @Test func putsTheStateInWords() {
        let words = ProgressLine.words(meter(afterSeconds: 4))
        #expect(words == "500 of 1,000 blocks (50%), 10.0 MB/s, 0:05 left")
    }

    @Test func drawsABarInStepsOfAnEighth() {
        let bar = ProgressLine.bar(meter(afterSeconds: 4), width: 73)
        #expect(bar == " 50% ▕██████████▌          ▏   500 of 1,000 blocks  10.0 MB/s  0:05 left")
    }

    @Test func neverWritesPastTheEndOfALine() {
        for seconds in [0, 4, 9] {
            for width in 1...120 {
                #expect(ProgressLine.bar(meter(afterSeconds: seconds), width: width).count < max(2, width))
            }
        }
    }
}
