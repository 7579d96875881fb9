import Testing

@testable import Replication

/// In which windows a peer was asked what it has.
@Suite struct WantedWindowsTests {
    private let length = WantedWindows.length

    @Test func aWindowIsWantedOnceForAllOfItsBlocks() {
        var windows = WantedWindows()
        for block in [length, length + 5, 2 * length - 1] {
            let change = windows.want(block, limit: 512)
            #expect(change?.want == (block == length ? length : nil) && change?.unwant == nil)
        }
        #expect(windows.want(length - 1, limit: 512)?.want == 0)
        #expect(windows.count == 2)
    }

    @Test func beyondTheLimitTheOldestGivesWay() {
        var windows = WantedWindows()
        for number in 0..<10 as Range<UInt64> {
            let change = windows.want(number * length, limit: 4)
            #expect(change?.want == number * length)
            #expect(change?.unwant == (number < 4 ? nil : (number - 4) * length))
        }
        #expect(windows.count == 4)
        #expect(windows.want(9 * length, limit: 4) == nil)
        #expect(windows.want(0, limit: 4)?.unwant == 6 * length, "one that was given up is wanted anew")
    }

    @Test func whatWasDroppedIsAskedAboutAgain() {
        var windows = WantedWindows()
        for number in 0..<4 as Range<UInt64> { _ = windows.want(number * length, limit: 4) }
        windows.forget(from: 2 * length + 7)
        #expect(windows.count == 2)
        #expect(windows.want(length, limit: 4) == nil)
        #expect(windows.want(2 * length, limit: 4)?.unwant == nil)
        #expect(windows.want(3 * length, limit: 4)?.unwant == nil)
        #expect(windows.want(4 * length, limit: 4)?.unwant == 0)
    }
}
