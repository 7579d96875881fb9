import CompactEncoding
import Crypto
import SecretStream
import TestSupport
import Testing

@Suite struct MessageTests {
    @Test func messagesOfAnyLengthArriveInOrder() throws {
        var pair = StreamPair.opened()
        var random = SeededGenerator(seed: 1)
        let messages = (1...300).map { random.bytes($0) }
        for message in messages {
            try pair.initiator.send(message, now: pair.now)
            try pair.responder.send(Array(message.reversed()), now: pair.now)
        }
        pair.exchange()
        #expect(pair.events(of: .responder) == messages.map { .message($0) })
        #expect(pair.events(of: .initiator) == messages.map { .message($0.reversed()) })
    }

    @Test func messagesCanFollowTheHandshakeBeforeTheOtherSidesHeaderHasCome() throws {
        var pair = StreamPair()
        pair.deliver(pair.initiator.takeOutput(), to: .responder)
        pair.deliver(pair.responder.takeOutput(), to: .initiator)
        try pair.initiator.send([7], now: pair.now)
        pair.deliver(pair.initiator.takeOutput(), to: .responder)
        #expect(pair.events(of: .responder).messages == [[7]])
    }

    @Test func nothingCanBeSentBeforeTheHandshake() {
        var pair = StreamPair()
        let waiting = pair.initiator.outputByteCount
        let error = #expect(throws: SecretStreamError.self) { try pair.initiator.send([1], now: pair.now) }
        #expect(error?.code == .notReady)
        #expect(pair.initiator.outputByteCount == waiting)
        pair.exchange()
        #expect(pair.events(of: .initiator).handshakes.count == 1)
    }

    @Test func emptyMessagesAreDropped() throws {
        var pair = StreamPair.opened()
        try pair.initiator.send([], now: pair.now)
        try pair.initiator.send([1], now: pair.now)
        try pair.initiator.send([], now: pair.now)
        #expect(pair.initiator.outputByteCount == 20 + 21 + 20)
        pair.exchange()
        #expect(pair.events(of: .responder) == [.message([1])])
    }

    @Test func outputIsTheSameTakenOrDrained() throws {
        var recording = try Recording.all()[1].machine(.initiator)
        var other = try Recording.all()[1].machine(.initiator)
        let drained = recording.drainOutput { bytes in [UInt8](copying: bytes) }
        #expect(drained == other.takeOutput())
        #expect(recording.outputByteCount == 0 && other.outputByteCount == 0)
    }

    @Test func repeatedMessageEndsTheStream() throws {
        var pair = StreamPair.opened()
        try pair.initiator.send([1], now: pair.now)
        let frame = pair.initiator.takeOutput()
        pair.deliver(frame + frame, to: .responder)
        #expect(pair.events(of: .responder).messages == [[1]])
        #expect(pair.events(of: .responder).failures == [.authenticationFailed])
    }

    @Test func swappedMessagesEndTheStream() throws {
        var pair = StreamPair.opened()
        try pair.initiator.send([1], now: pair.now)
        let first = pair.initiator.takeOutput()
        try pair.initiator.send([2], now: pair.now)
        pair.deliver(pair.initiator.takeOutput() + first, to: .responder)
        #expect(pair.events(of: .responder).messages == [])
        #expect(pair.events(of: .responder).failures == [.authenticationFailed])
    }

    @Test func ownMessageSentBackEndsTheStream() throws {
        var pair = StreamPair.opened()
        try pair.initiator.send([1], now: pair.now)
        pair.deliver(pair.initiator.takeOutput(), to: .initiator)
        #expect(pair.events(of: .initiator).failures == [.authenticationFailed])
    }

    @Test func headerOfAnotherStreamIsRefused() {
        var pair = StreamPair()
        var other = StreamPair()
        _ = pair.shakeHands()
        let (ofInitiator, ofResponder) = other.shakeHands()
        pair.deliver(ofResponder, to: .initiator)
        pair.deliver(ofInitiator, to: .responder)
        #expect(pair.events(of: .initiator).failures == [.wrongStreamID])
        #expect(pair.events(of: .responder).failures == [.wrongStreamID])
    }

    @Test func ownHeaderSentBackIsRefused() {
        var pair = StreamPair()
        let (ofInitiator, ofResponder) = pair.shakeHands()
        pair.deliver(ofInitiator, to: .initiator)
        pair.deliver(ofResponder, to: .responder)
        #expect(pair.events(of: .initiator).failures == [.wrongStreamID])
        #expect(pair.events(of: .responder).failures == [.wrongStreamID])
    }

    @Test func deadStreamSendsNothingAndIgnoresWhatComes() throws {
        var pair = StreamPair.opened()
        try pair.initiator.send([1], now: pair.now)
        let good = pair.initiator.takeOutput()
        try pair.responder.send([2], now: pair.now)
        pair.deliver(Frames.make([UInt8](repeating: 0, count: 20)), to: .responder)
        let events = pair.events(of: .responder)
        #expect(events.failures == [.authenticationFailed])
        #expect(pair.responder.outputByteCount == 0)
        #expect(pair.responder.nextDeadline == nil)

        pair.deliver(good, to: .responder)
        pair.advance(by: .seconds(100))
        #expect(pair.events(of: .responder) == events)
        #expect(pair.responder.outputByteCount == 0)
        let error = #expect(throws: SecretStreamError.self) { try pair.responder.send([3], now: pair.now) }
        #expect(error == pair.responder.failure)
        #expect(error?.code == .authenticationFailed)
    }

    @Test func randomBytesNeverTrap() {
        for seed in 1...300 as ClosedRange<UInt64> {
            var random = SeededGenerator(seed: seed)
            var pair = seed.isMultiple(of: 2) ? StreamPair.opened() : StreamPair()
            for _ in 0..<8 {
                // Small lengths now and then, so that what follows is taken for a frame.
                var bytes = random.bytes(Int.random(in: 0...80, using: &random))
                if bytes.count > 3, Bool.random(using: &random) {
                    bytes[0] = UInt8.random(in: 17...60, using: &random)
                    bytes[1] = 0
                    bytes[2] = 0
                }
                pair.deliver(bytes, to: .responder)
                pair.deliver(bytes, to: .initiator)
            }
            #expect(pair.events(of: .responder).messages == [], "seed \(seed)")
            #expect(pair.events(of: .initiator).messages == [], "seed \(seed)")
            #expect(pair.events(of: .responder).failures.count <= 1, "seed \(seed)")
        }
    }

    @Test func descriptionsDoNotShowWhatWasEncrypted() {
        let event = SecretStreamEvent.message(Array("attack at dawn".utf8))
        #expect("\(event)" == "message of 14 bytes")
        #expect(String(reflecting: event) == "message of 14 bytes")
    }
}
