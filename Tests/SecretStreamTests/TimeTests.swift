import SecretStream
import TestSupport
import Testing

@Suite struct TimeTests {
    @Test func keepAliveIsSentAfterFiveSecondsWithoutWriting() throws {
        var pair = StreamPair.opened()
        #expect(pair.initiator.nextDeadline == pair.now + .seconds(5))
        pair.advance(by: .milliseconds(4999))
        #expect(pair.initiator.outputByteCount == 0)
        try pair.initiator.send([1], now: pair.now)
        pair.exchange()

        pair.advance(by: .milliseconds(4999))
        #expect(pair.initiator.outputByteCount == 0)
        #expect(pair.responder.outputByteCount == 20)
        pair.advance(by: .milliseconds(1))
        #expect(pair.initiator.outputByteCount == 20)
        #expect(pair.initiator.nextDeadline == pair.now + .seconds(5))
        pair.exchange()
        #expect(pair.events(of: .responder) == [.message([1])])
        #expect(pair.events(of: .initiator) == [])
    }

    @Test func keepAlivesDoNotPileUpWhileTheOutputIsNotTaken() {
        var pair = StreamPair.opened()
        for _ in 0..<10 {
            pair.advance(by: .seconds(5))
            #expect(pair.initiator.outputByteCount == 20)
            #expect(pair.initiator.nextDeadline == pair.now + .seconds(5))
        }
    }

    @Test func keepAliveCanBeOff() {
        var options = StreamOptions()
        options.keepAliveInterval = nil
        var pair = StreamPair.opened(options: options)
        #expect(pair.initiator.nextDeadline == nil)
        pair.advance(by: .seconds(3600))
        #expect(pair.initiator.outputByteCount == 0)
        #expect(pair.initiator.failure == nil)
    }

    @Test func noKeepAliveIsSentBeforeTheHandshake() {
        var options = StreamOptions()
        options.handshakeTimeout = nil
        var pair = StreamPair(options: options)
        _ = pair.initiator.takeOutput()
        #expect(pair.initiator.nextDeadline == nil)
        pair.advance(by: .seconds(60))
        #expect(pair.initiator.outputByteCount == 0)
    }

    @Test func handshakeThatTakesTooLongFailsThoughBytesTrickleIn() {
        var pair = StreamPair()
        let message = pair.initiator.takeOutput()
        #expect(pair.responder.nextDeadline == pair.now + .seconds(15))
        for byte in message.prefix(14) {
            pair.deliver([byte], to: .responder)
            pair.advance(by: .seconds(1))
            #expect(pair.responder.failure == nil)
        }
        pair.advance(by: .seconds(1))
        #expect(pair.events(of: .responder).failures == [.timedOut])
    }

    @Test func theOtherSidesHeaderHasToComeInTimeToo() {
        var pair = StreamPair()
        pair.deliver(pair.initiator.takeOutput(), to: .responder)
        pair.deliver(pair.responder.takeOutput(), to: .initiator)
        #expect(pair.events(of: .initiator).handshakes.count == 1)
        pair.advance(by: .seconds(15))
        #expect(pair.events(of: .initiator).failures == [.timedOut])
    }

    @Test func silenceEndsTheStreamWhereItIsLimited() {
        var options = StreamOptions()
        options.silenceTimeout = .seconds(12)
        var pair = StreamPair.opened(options: options)
        // Keep-alives both ways keep both alive.
        for _ in 0..<10 {
            pair.advance(by: .seconds(5))
            pair.exchange()
        }
        #expect(pair.initiator.failure == nil && pair.responder.failure == nil)
        // Without them, both give up after the limit.
        pair.advance(by: .milliseconds(11_999))
        #expect(pair.initiator.failure == nil)
        #expect(pair.initiator.nextDeadline == pair.now + .milliseconds(1))
        pair.advance(by: .milliseconds(1))
        #expect(pair.events(of: .initiator).failures == [.timedOut])
        #expect(pair.initiator.outputByteCount == 0)
    }

    @Test func anUnlimitedSilenceIsBorne() {
        var pair = StreamPair.opened()
        for _ in 0..<1000 {
            pair.advance(by: .seconds(60))
        }
        #expect(pair.initiator.failure == nil)
    }

    @Test func timeThatStandsStillOrGoesBackDoesNoHarm() throws {
        var pair = StreamPair.opened()
        pair.advance(by: .zero)
        pair.advance(by: .seconds(-100))
        try pair.initiator.send([1], now: pair.now)
        pair.exchange()
        #expect(pair.events(of: .responder) == [.message([1])])
    }
}
