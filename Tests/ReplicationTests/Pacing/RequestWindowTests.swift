import Testing

@testable import Replication

@Suite struct RequestWindowTests {
    /// Plays rounds on a link that carries `rate` answers a millisecond in `roundTrip`, the window always being used up.
    private func window(rate: Double, roundTrip: UInt64, rounds: Int, limits: ReplicationLimits) -> RequestWindow {
        var window = RequestWindow(limits: limits)
        var now: Milliseconds = 1000
        var order: UInt64 = 0
        for _ in 0..<rounds {
            let size = window.size
            let duration = max(Double(roundTrip), Double(size) / rate)
            let sent = order + 2 * UInt64(size)
            for answer in 0..<size {
                let time = now + Milliseconds(duration * Double(answer + 1) / Double(size))
                window.answered(order: order, sent: sent, shortest: roundTrip, now: time, limits: limits)
                window.isFull()
                order += 1
            }
            now += Milliseconds(duration)
        }
        return window
    }

    @Test func itGrowsWhileTheLinkBringsAllThatIsAsked() {
        let limits = ReplicationLimits()
        #expect(RequestWindow(limits: limits).size == limits.requestsToPeerAtFirst)
        #expect(window(rate: 1000, roundTrip: 200, rounds: 8, limits: limits).size == limits.requestsToPeer)
    }

    @Test func itRestsAtTwiceOfWhatTheLinkCarries() {
        let size = window(rate: 1, roundTrip: 100, rounds: 30, limits: ReplicationLimits()).size
        #expect((180...260).contains(size), "\(size)")
    }

    @Test func itShrinksToTheFewestAndNoFurther() {
        let limits = ReplicationLimits()
        #expect(window(rate: 0.01, roundTrip: 20, rounds: 30, limits: limits).size == limits.fewestRequestsToPeer)
    }

    @Test func itStaysBetweenItsBoundsWhateverTheClockSays() {
        var limits = ReplicationLimits()
        limits.requestsToPeer = 8
        var window = RequestWindow(limits: limits)
        #expect(window.size == 8, "the most is the most, though it is less than the fewest")
        for time in [0, .max, 5, .max - 1, 0] as [UInt64] {
            window.answered(order: time, sent: .max, shortest: time, now: .max, limits: limits)
            window.isFull()
            #expect((1...8).contains(window.size))
        }
    }

    @Test func aRoundTripFollowsWhatIsMeasured() {
        var roundTrip = RoundTrip()
        #expect(roundTrip.smoothed == nil && roundTrip.shortest == nil)
        for now in 0..<100 as Range<UInt64> { roundTrip.add(40, now: now) }
        #expect(roundTrip.smoothed == 40 && roundTrip.shortest == 40)
        roundTrip.add(5, now: 100)
        #expect(roundTrip.shortest == 5)
        // A way that has become longer is believed after a while.
        for now in stride(from: 200, to: 100_000, by: 100) as StrideTo<UInt64> { roundTrip.add(80, now: now) }
        #expect(roundTrip.shortest == 80)
        #expect(abs((roundTrip.smoothed ?? 0) - 80) < 1)
    }
}
