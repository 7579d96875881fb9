import CorestoreNIO
import Testing

@Suite struct BackOffTests {
    @Test func waitsTwiceAsLongEachTimeUpToTheLongest() {
        var backOff = BackOff()
        backOff.most = .seconds(5)
        let delays = (1...6).map { backOff.delay(afterFailures: $0, chance: 1) }
        #expect(delays == [.seconds(0.5), .seconds(1), .seconds(2), .seconds(4), .seconds(5), .seconds(5)])
    }

    @Test func neverWaitsLongerHoweverOftenItFailed() {
        let backOff = BackOff()
        #expect(backOff.delay(afterFailures: 1_000_000, chance: 1) == backOff.most)
    }

    @Test func leavesPartOfTheWaitToChance() {
        var backOff = BackOff()
        backOff.first = .seconds(8)
        backOff.jitter = 0.25
        let delays = [0, 0.5, 1].map { backOff.delay(afterFailures: 1, chance: $0) }
        #expect(delays == [.seconds(6), .seconds(7), .seconds(8)])
    }

    @Test func isNotMovedOutOfItsBoundsByWrongChances() {
        let backOff = BackOff()
        let delays = [-1, 2].map { backOff.delay(afterFailures: 1, chance: $0) }
        #expect(delays == [.seconds(0.25), .seconds(0.5)])
    }
}
