import Testing

@testable import CorestoreCLI

@Suite struct ProgressTests {
    /// A download of 1,000 blocks, a hundred of which were here; a hundred blocks and 10 MB a second.
    private func meter(afterSeconds seconds: Int) -> ProgressMeter {
        var meter = ProgressMeter(.download)
        for second in 0...seconds {
            meter.update(
                ProgressMeter.Extent(done: UInt64(100 + 100 * second), total: 1000),
                byteCount: UInt64(10_000_000 * second), at: .seconds(second))
        }
        return meter
    }

    @Test func looksLessOftenWhereLookingTakesLong() {
        let display = ProgressDisplay(Console(json: true))
        #expect(display.pause(afterLookingFor: .zero) == .seconds(1))
        #expect(display.pause(afterLookingFor: .milliseconds(50)) == .seconds(1))
        #expect(display.pause(afterLookingFor: .milliseconds(100)) == .seconds(2))
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
        #expect(ProgressMeter(.download).extent.fraction == 1, "there is nothing to have")
    }

    @Test func forgetsAnOldSpeed() {
        var meter = meter(afterSeconds: 4)
        for second in 5...30 {
            meter.update(meter.extent, byteCount: 40_000_000, at: .seconds(second))
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

    @Test func countsACopyInBytes() {
        var meter = ProgressMeter(.copy)
        for second in 0...3 {
            let byteCount = UInt64(1_000_000 * second)
            meter.update(
                ProgressMeter.Extent(done: byteCount, total: 12_000_000), byteCount: byteCount, at: .seconds(second))
        }
        #expect(ProgressLine.words(meter) == "3.00 MB of 12.0 MB (25%), 1.00 MB/s, 0:09 left")
        #expect(
            ProgressLine.bar(meter, width: 66)
                == " 25% ▕████▎            ▏ 3.00 MB of 12.0 MB  1.00 MB/s  0:09 left")
    }

    @Test func aCopyThatBeginsAgainIsNoSpeed() {
        var meter = ProgressMeter(.copy)
        for (second, byteCount) in [0, 5_000_000, 0].enumerated() {
            meter.update(
                ProgressMeter.Extent(done: UInt64(byteCount), total: 10_000_000), byteCount: UInt64(byteCount),
                at: .seconds(second))
        }
        #expect(meter.bytesPerSecond > 0 && meter.bytesPerSecond < 5_000_000)
        #expect(meter.extent.fraction == 0)
    }

    @Test func neverWritesPastTheEndOfALine() {
        for seconds in [0, 4, 9] {
            for width in 1...120 {
                #expect(ProgressLine.bar(meter(afterSeconds: seconds), width: width).count < max(2, width))
            }
        }
    }
}
