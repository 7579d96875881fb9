import TestSupport
import Testing

@testable import Replication

/// What a peer wants to be told of (PROTOCOL §7, Wants).
@Suite struct RemoteWantsTests {
    private let limits = ReplicationLimits()

    @Test func aWindowHoldsItsBlocksAndNoOthers() {
        var wants = RemoteWants()
        #expect(wants.add(start: 64, length: 32, any: false, limits: limits) == true)
        #expect(!wants.overlaps(0..<64))
        #expect(wants.overlaps(0..<65))
        #expect(wants.overlaps(95..<96))
        #expect(!wants.overlaps(96..<1_000_000))
        wants.remove(start: 64, length: 32, any: false)
        #expect(!wants.overlaps(0..<1_000_000))
    }

    @Test(arguments: [(0, 33), (0, 16), (32, 64), (1, 32), (0, 0)] as [(UInt64, UInt64)])
    func whatIsNoWindowMeansEverything(start: UInt64, length: UInt64) {
        var wants = RemoteWants()
        #expect(wants.add(start: start, length: length, any: false, limits: limits) == true)
        #expect(wants.overlaps(1 << 40..<1 << 40 + 1))
        wants.remove(start: start, length: length, any: false)
        #expect(wants.wantsEverything, "everything is not taken back")
    }

    @Test func aWindowLongerThanTheLongestIsIgnored() {
        var wants = RemoteWants()
        #expect(wants.add(start: 0, length: 4_194_304, any: false, limits: limits) == false)
        #expect(!wants.overlaps(0..<100))
        #expect(wants.add(start: 0, length: 2_097_152, any: false, limits: limits) == true)
        #expect(wants.overlaps(2_097_151..<2_097_152))
    }

    @Test func pastItsBoundsAPeerWantsEverything() {
        var windows = RemoteWants()
        for number in 0..<512 as Range<UInt64> {
            _ = windows.add(start: number * 32, length: 32, any: false, limits: limits)
        }
        #expect(!windows.wantsEverything)
        _ = windows.add(start: 512 * 32, length: 32, any: false, limits: limits)
        #expect(windows.wantsEverything)

        var sizes = RemoteWants()
        for length in [32, 64, 128, 256] as [UInt64] {
            _ = sizes.add(start: 0, length: length, any: false, limits: limits)
        }
        #expect(!sizes.wantsEverything)
        _ = sizes.add(start: 0, length: 512, any: false, limits: limits)
        #expect(sizes.wantsEverything)

        var ranges = RemoteWants()
        for number in 0..<16 as Range<UInt64> {
            _ = ranges.add(start: number, length: 1, any: true, limits: limits)
        }
        #expect(!ranges.wantsEverything)
        _ = ranges.add(start: 16, length: 1, any: true, limits: limits)
        #expect(ranges.wantsEverything)
    }

    @Test func aWindowWantedTwiceIsOne() {
        var wants = RemoteWants()
        for _ in 0..<1000 {
            _ = wants.add(start: 0, length: 32, any: false, limits: limits)
        }
        #expect(!wants.wantsEverything)
        wants.remove(start: 0, length: 32, any: false)
        #expect(!wants.overlaps(0..<32))
    }

    @Test func overlapsAgreesWithAListOfBlocks() {
        for seed in 1...20 as ClosedRange<UInt64> {
            var generator = SeededGenerator(seed: seed)
            var wants = RemoteWants()
            var wanted = Set<UInt64>()
            for _ in 0..<6 {
                let length: UInt64 = [32, 64, 128].randomElement(using: &generator) ?? 32
                let start = UInt64.random(in: 0..<8, using: &generator) * length
                _ = wants.add(start: start, length: length, any: false, limits: limits)
                wanted.formUnion(start..<start + length)
            }
            for _ in 0..<200 {
                let start = UInt64.random(in: 0..<1100, using: &generator)
                let range = start..<start + UInt64.random(in: 1...300, using: &generator)
                #expect(wants.overlaps(range) == range.contains { wanted.contains($0) }, "seed \(seed), \(range)")
            }
        }
    }
}
