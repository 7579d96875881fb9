import Crypto
import Testing

@testable import Hypercore

@Suite struct ReopeningTests {
    private let key = TestStore.key().discoveryKey

    @Test func `each failure that follows another waits twice as long, up to a minute`() {
        var reopening = Reopening()
        var now = ContinuousClock.now
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            reopening.failed(key, now: now)
            #expect(reopening.nextDeadline == now + .seconds(seconds))
            #expect(reopening.isWaiting(key, now: now + .seconds(seconds) - .milliseconds(1)))
            #expect(reopening.takeDue(now: now + .seconds(seconds) - .milliseconds(1)).isEmpty)
            now += .seconds(seconds)
            #expect(!reopening.isWaiting(key, now: now))
            #expect(reopening.takeDue(now: now) == [key])
            #expect(reopening.takeDue(now: now).isEmpty && reopening.nextDeadline == nil)
        }
        now += .seconds(600)
        reopening.failed(key, now: now)
        #expect(reopening.nextDeadline == now + .seconds(1))
    }

    @Test func `cores are due each in their own time`() {
        var reopening = Reopening()
        let other = TestStore.key("other").discoveryKey
        let now = ContinuousClock.now
        reopening.failed(key, now: now)
        reopening.failed(other, now: now + .milliseconds(500))
        #expect(reopening.takeDue(now: now + .seconds(1)) == [key])
        #expect(reopening.nextDeadline == now + .milliseconds(1500))
        #expect(reopening.isWaiting(other, now: now + .seconds(1)))
    }
}
