import Crypto
import SecretStream
import TestSupport
import Testing

/// What a peer may do with the raw stream: stop halfway, send a byte at a time, send garbage anywhere.
@Suite struct TrickleTests {
    @Test func aWholeConversationPassesAByteAtATime() throws {
        var pair = StreamPair()
        pair.exchangeByteByByte()
        #expect(pair.events(of: .initiator).handshakes.count == 1)
        #expect(pair.events(of: .responder).handshakes.count == 1)
        var random = SeededGenerator(seed: 4)
        let messages = [Array("hello world".utf8), random.bytes(40_000), [1]]
        for message in messages {
            try pair.initiator.send(message, now: pair.now)
            try pair.responder.send(message, now: pair.now)
        }
        pair.exchangeByteByByte()
        #expect(pair.events(of: .initiator).messages == messages)
        #expect(pair.events(of: .responder).messages == messages)
    }

    @Test(arguments: Side.allCases)
    func aHandshakeThatStopsAnywhereIsGivenUpInTime(_ silent: Side) throws {
        let length = StreamPair.handshakeByteCount(of: silent)
        for written in 0..<length {
            var pair = StreamPair()
            pair.exchange(bytesFrom: silent, atMost: written)
            let heard = silent.other
            pair.advance(by: .milliseconds(14_999))
            #expect(pair.events(of: heard).failures == [], "\(written) of \(length) bytes")
            pair.advance(by: .milliseconds(1))
            #expect(pair.events(of: heard).failures == [.timedOut], "\(written) of \(length) bytes")
            #expect(pair.events(of: heard).messages == [])
        }
    }

    @Test(arguments: Side.allCases)
    func garbageAfterAnyByteEndsTheStreamAndIsNoMessage(_ side: Side) throws {
        let recording = try Recording.all()[0]
        let raw = recording.raw(from: side.other)
        let expected = recording.expectedMessages(at: side)
        var random = SeededGenerator(seed: 9)
        for position in 0..<min(raw.count, 600) {
            var machine = try recording.machine(side)
            var events: [SecretStreamEvent] = []
            machine.receive(Array(raw[..<position]), now: .simulatedStart, into: &events)
            #expect(machine.failure == nil)
            // Small numbers first, so that where a length is expected it is one that could be.
            machine.receive([40, 0, 0] + random.bytes(300), now: .simulatedStart, into: &events)
            if machine.failure == nil {
                machine.receive(
                    [UInt8](repeating: 0x11, count: StreamOptions.largestFrameByteCount), now: .simulatedStart,
                    into: &events)
            }
            #expect(events.failures.count == 1, "after \(position) bytes")
            #expect(expected.starts(with: events.messages), "after \(position) bytes")
        }
    }

    @Test func oneSideAloneMaySendKeepAlives() {
        var options = StreamOptions()
        options.keepAliveInterval = nil
        var pair = StreamPair.opened(options: options)
        pair.initiator.setKeepAliveInterval(.milliseconds(1))
        for _ in 0..<500 {
            pair.advance(by: .milliseconds(1))
            pair.exchange()
        }
        #expect(pair.events(of: .initiator) == [] && pair.events(of: .responder) == [])
        #expect(pair.initiator.failure == nil && pair.responder.failure == nil)
    }

    @Test func timesCanBeChangedAtAnyTime() {
        var pair = StreamPair()
        pair.initiator.setKeepAliveInterval(.milliseconds(500))
        pair.exchange()
        #expect(pair.initiator.nextDeadline == pair.now + .milliseconds(500))
        pair.initiator.setKeepAliveInterval(.milliseconds(600))
        pair.advance(by: .milliseconds(599))
        #expect(pair.initiator.outputByteCount == 0)
        pair.advance(by: .milliseconds(1))
        #expect(pair.initiator.outputByteCount == 20)
        pair.initiator.setKeepAliveInterval(nil)
        pair.initiator.setSilenceTimeout(.seconds(1))
        #expect(pair.initiator.nextDeadline == pair.now + .milliseconds(400))
        pair.advance(by: .milliseconds(400))
        #expect(pair.events(of: .initiator).failures == [.timedOut])
    }
}

@Suite struct EstablishedHandshakeTests {
    @Test func aStreamGoesOnFromAHandshakeMadeElsewhere() throws {
        var pair = EstablishedPair()
        var (toInitiator, toResponder): ([SecretStreamEvent], [SecretStreamEvent]) = ([], [])
        try pair.initiator.send(Array("test1".utf8), now: .simulatedStart)
        try pair.initiator.send(Array("test2".utf8), now: .simulatedStart)
        // What came with the handshake is simply handed over first.
        pair.responder.receive(pair.initiator.takeOutput(), now: .simulatedStart, into: &toResponder)
        pair.initiator.receive(pair.responder.takeOutput(), now: .simulatedStart, into: &toInitiator)
        try pair.initiator.send(Array("test3".utf8), now: .simulatedStart)
        try pair.responder.send(Array("back".utf8), now: .simulatedStart)
        pair.responder.receive(pair.initiator.takeOutput(), now: .simulatedStart, into: &toResponder)
        pair.initiator.receive(pair.responder.takeOutput(), now: .simulatedStart, into: &toInitiator)
        #expect(toResponder == ["test1", "test2", "test3"].map { .message(Array($0.utf8)) })
        #expect(toInitiator == [.message(Array("back".utf8))])
    }

    @Test func theHeaderIsAwaitedNoLongerThanAHandshakeWouldBe() {
        var pair = EstablishedPair()
        var events: [SecretStreamEvent] = []
        pair.initiator.tick(now: .simulatedStart + .seconds(15), into: &events)
        #expect(events.failures == [.timedOut])
    }

    @Test func sidesThatDoNotAgreeOnWhoSpokeFirstRefuseEachOther() {
        var pair = EstablishedPair()
        var other = EstablishedPair()
        var events: [SecretStreamEvent] = []
        pair.initiator.receive(other.initiator.takeOutput(), now: .simulatedStart, into: &events)
        #expect(events.failures == [.wrongStreamID])
    }
}

/// Two machines that go on from a handshake made elsewhere.
private struct EstablishedPair: ~Copyable {
    var initiator: SecretStreamMachine
    var responder: SecretStreamMachine

    init() {
        var pair = StreamPair()
        pair.exchange()
        let keys = [UInt8(1), 2].map { SecretBytes(copying: [UInt8](repeating: $0, count: 32)) }
        initiator = SecretStreamMachine(
            goingOnFrom: .init(
                result: pair.events(of: .initiator).handshakes[0], sendingKey: keys[0], receivingKey: keys[1]),
            entropy: StreamEntropy(), now: .simulatedStart)
        responder = SecretStreamMachine(
            goingOnFrom: .init(
                result: pair.events(of: .responder).handshakes[0], sendingKey: keys[1], receivingKey: keys[0]),
            entropy: StreamEntropy(), now: .simulatedStart)
    }
}

extension Recording {
    /// The messages that `side` is to read, without the empty ones.
    fileprivate func expectedMessages(at side: Side) -> [[UInt8]] {
        messages(from: side.other).filter { !$0.isEmpty }
    }
}

extension StreamPair {
    /// How many bytes a side writes until the other takes the stream for open (XX).
    fileprivate static func handshakeByteCount(of side: Side) -> Int {
        // A length before each message; a header of 56 bytes at the end.
        side == .initiator ? 3 + 32 + 3 + 64 + 3 + 56 : 3 + 96 + 3 + 56
    }

    /// Carries bytes to and fro, one at a time, until neither side has any.
    fileprivate mutating func exchangeByteByByte() {
        while initiator.outputByteCount + responder.outputByteCount > 0 {
            for byte in initiator.takeOutput() { deliver([byte], to: .responder) }
            for byte in responder.takeOutput() { deliver([byte], to: .initiator) }
        }
    }

    /// Carries bytes to and fro, of one side only so many; what more it says is lost.
    fileprivate mutating func exchange(bytesFrom side: Side, atMost limit: Int) {
        var rest = limit
        while initiator.outputByteCount + responder.outputByteCount > 0 {
            let (fromInitiator, fromResponder) = (initiator.takeOutput(), responder.takeOutput())
            let passed = (side == .initiator ? fromInitiator : fromResponder).prefix(rest)
            rest -= passed.count
            deliver(side == .initiator ? Array(passed) : fromInitiator, to: .responder)
            deliver(side == .initiator ? fromResponder : Array(passed), to: .initiator)
        }
    }
}
