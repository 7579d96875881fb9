import Testing

@testable import BenchHarness

@Suite struct SampleTests {
    @Test func aSampleSurvivesItsLine() {
        let sample = Sample(
            elapsed: .nanoseconds(1_234_567_890_123), processorTime: .nanoseconds(987_654_321),
            peak: ResidentMemory(anonymous: 4096, mapped: 8192), growth: -4096, reference: .nanoseconds(17),
            resultHash: "00ff", counts: Counts([.puts: 3, .commits: 0]))
        #expect(Sample(line: sample.line) == sample)
    }

    @Test func aSampleWithoutMemorySurvivesItsLine() {
        let sample = Sample(elapsed: .seconds(1), processorTime: .seconds(2), peak: nil, resultHash: "00ff")
        #expect(Sample(line: sample.line) == sample)
    }

    @Test(arguments: ["", "sample", "sample 1 2 3 4", "sample one 2 3 4 5 6 ab -", "other 1 2 3 4 5 6 ab -"])
    func anotherLineIsNoSample(line: String) {
        #expect(Sample(line: line) == nil)
    }

    @Test func memoryIsReadFromWhatTheKernelSays() {
        let status = "Name:\tbench\nVmRSS:\t  300 kB\nRssAnon:\t     100 kB\nRssFile:\t     200 kB\nRssShmem:\t 0 kB\n"
        #expect(ResidentMemory(parsing: Array(status.utf8)) == ResidentMemory(anonymous: 102_400, mapped: 204_800))
        #expect(ResidentMemory(parsing: Array("VmRSS:\t 300 kB\n".utf8)) == nil)
    }

    #if os(Linux)
    @Test func aMeterSeesMemoryThatIsHeldWhileTheClockRuns() throws {
        let meter = Meter()
        meter.start()
        // Other tests hand memory back meanwhile, in the same process: far less than this.
        let held = [UInt8](repeating: 1, count: 256 << 20)
        meter.stop()
        let measured = meter.sample(resultHash: String(held[held.count - 1]))
        let sample = try #require(measured)
        #expect(try #require(sample.peak).anonymous >= 256 << 20)
        #expect(try #require(sample.growth) >= 128 << 20)
        #expect(sample.elapsed > .zero)
    }
    #endif

    @Test func aMarkSetsApartWhatTheRestIsComparedWith() throws {
        let meter = Meter()
        meter.start()
        meter.mark()
        meter.stop()
        let measured = meter.sample(resultHash: "")
        let sample = try #require(measured)
        #expect(try #require(sample.reference) > .zero)
        #expect(sample.elapsed > .zero)
    }

    @Test func aMeterThatWasNotStoppedHasNoSample() {
        let meter = Meter()
        meter.start()
        let sample = meter.sample(resultHash: "")
        #expect(sample == nil)
        meter.stop()
    }
}
