import CompactEncoding
import Crypto
import TestSupport
import Testing

@testable import SecretStream

@Suite struct SecretStreamVectorTests {
    @Test(arguments: try Recording.all(), Side.allCases)
    func writesTheRecordedBytes(_ recording: Recording, _ side: Side) throws {
        var machine = try recording.machine(side)
        var events: [SecretStreamEvent] = []
        machine.receive(recording.raw(from: side.other), now: .simulatedStart, into: &events)
        for message in recording.messages(from: side) {
            try machine.send(message, now: .simulatedStart)
        }
        #expect(machine.takeOutput() == recording.raw(from: side))
    }

    @Test(arguments: try Recording.all(), Side.allCases)
    func readsTheRecordedMessages(_ recording: Recording, _ side: Side) throws {
        var machine = try recording.machine(side)
        var events: [SecretStreamEvent] = []
        machine.receive(recording.raw(from: side.other), now: .simulatedStart, into: &events)
        #expect(events == recording.expectedEvents(at: side))
    }

    @Test(arguments: try Recording.all(), Side.allCases)
    func readsThemHoweverTheBytesAreCut(_ recording: Recording, _ side: Side) throws {
        let raw = recording.raw(from: side.other)
        let expected = recording.expectedEvents(at: side)
        let exhaustiveUpTo = min(raw.count, 120)
        let sizes =
            Array(1...exhaustiveUpTo) + Array(stride(from: exhaustiveUpTo, to: raw.count, by: raw.count / 40 + 1))
        for size in sizes {
            var machine = try recording.machine(side)
            var events: [SecretStreamEvent] = []
            for start in stride(from: 0, to: raw.count, by: size) {
                machine.receive(
                    raw.span.bytes.extracting(start..<min(start + size, raw.count)), now: .simulatedStart, into: &events
                )
            }
            #expect(events == expected, "cut into pieces of \(size)")
        }
    }

    /// Each byte of the handshake, the headers and the short messages is altered, and some of the long message.
    @Test(arguments: try Recording.all(), Side.allCases)
    func noMessageIsReadPastAnAlteredByte(_ recording: Recording, _ side: Side) throws {
        let raw = recording.raw(from: side.other)
        let frames = recording.frames(from: side.other)
        let shortPart = frames.filter { $0.count < 1000 }.map(\.count).reduce(0, +)
        let positions = Array(0..<shortPart) + Array(stride(from: shortPart, to: raw.count, by: raw.count / 50 + 1))
        let expected = recording.expectedEvents(at: side)
        for position in positions {
            var altered = raw
            altered[position] ^= 1 << (position % 8)
            var machine = try recording.machine(side)
            var events: [SecretStreamEvent] = []
            machine.receive(altered, now: .simulatedStart, into: &events)

            let unharmed = recording.expectedEvents(at: side, beforeByte: position)
            let failure = machine.failure
            #expect(
                events == unharmed + (failure.map { [.failed($0)] } ?? []), "byte \(position) of \(raw.count) altered")
            // A length that has grown leaves the machine waiting for the rest; anything else is noticed at once.
            if failure == nil {
                machine.receive(
                    [UInt8](repeating: 0, count: StreamOptions.largestFrameByteCount), now: .simulatedStart,
                    into: &events)
                #expect(machine.failure != nil, "byte \(position) of \(raw.count) altered, and more bytes sent")
                #expect(events.dropLast() == unharmed[...])
            }
            #expect(unharmed.count < expected.count || position >= raw.count - frames[frames.count - 1].count)
        }
    }

    @Test(arguments: try Recording.all())
    func everyAlteredByteOfAMessageIsNoticed(_ recording: Recording) throws {
        let payloads = recording.frames(from: .initiator).map { Array($0.dropFirst(MessageFrame.lengthByteCount)) }
        let headerIndex = recording.handshakeMessageCount(of: .initiator)
        let header = Array(payloads[headerIndex].suffix(StreamEntropy.headerByteCount))
        var cipher = OpeningCipher(key: SecretBytes(copying: recording.initiatorTx.bytes), header: header.span.bytes)
        for (payload, message) in zip(payloads[(headerIndex + 1)...], recording.messages(from: .initiator)) {
            for position in payload.indices where payload.count < 5000 {
                for bit in 0..<8 where position < 40 || bit == position % 8 {
                    var altered = payload
                    altered[position] ^= 1 << bit
                    #expect(cipher.open(altered.span.bytes) == nil, "bit \(bit) of byte \(position)")
                }
            }
            #expect(cipher.open(payload.span.bytes) == message)
        }
    }

    @Test(arguments: try Recording.all())
    func handshakeGivesTheRecordedKeys(_ recording: Recording) throws {
        var initiator = try recording.handshake(.initiator)
        var responder = try recording.handshake(.responder)
        for message in 0..<(recording.pattern == "XX" ? 3 : 2) {
            if message.isMultiple(of: 2) {
                let bytes = try initiator.write()
                try responder.read(bytes.span.bytes)
            } else {
                let bytes = try responder.write()
                try initiator.read(bytes.span.bytes)
            }
        }
        let (initiators, responders) = (initiator.finish(), responder.finish())
        #expect(initiators.sendingKey == SecretBytes(copying: recording.initiatorTx.bytes))
        #expect(initiators.receivingKey == SecretBytes(copying: recording.initiatorRx.bytes))
        #expect(responders.sendingKey == initiators.receivingKey)
        #expect(responders.receivingKey == initiators.sendingKey)
        #expect(initiators.result.handshakeHash == recording.handshakeHash.bytes64)
        #expect(responders.result.handshakeHash == recording.handshakeHash.bytes64)
    }

    /// PROTOCOL §7; the capability itself belongs to replication, what it is made of does not.
    @Test(arguments: try Recording.all())
    func capabilitiesAreKeyedWithTheHandshakeHash(_ recording: Recording) {
        let hash = recording.handshakeHash.bytes64
        let key = recording.capability.key.bytes
        let initiators = BLAKE2b.hash(Namespaces.Log.replicateInitiator.array + key, key: hash)
        let responders = BLAKE2b.hash(Namespaces.Log.replicateResponder.array + key, key: hash)
        #expect(initiators == recording.capability.initiator.bytes32)
        #expect(responders == recording.capability.responder.bytes32)
    }
}

extension Recording {
    /// All that happens at `side` when it is given what the other side wrote.
    func expectedEvents(at side: Side) -> [SecretStreamEvent] {
        expectedEvents(at: side, beforeByte: raw(from: side.other).count)
    }

    /// What happens at `side` through the other side's frames that end before or at `position`.
    func expectedEvents(at side: Side, beforeByte position: Int) -> [SecretStreamEvent] {
        let frames = frames(from: side.other)
        var end = 0
        let wholeFrames = frames.prefix { frame in
            end += frame.count
            return end <= position
        }.count
        let handshakeMessages = handshakeMessageCount(of: side.other)
        guard wholeFrames >= handshakeMessages else { return [] }
        let result = HandshakeResult(
            handshakeHash: handshakeHash.bytes64,
            remotePublicKey: PublicKey((side == .initiator ? responderStatic : initiatorStatic).publicKey.bytes32),
            isInitiator: side == .initiator)
        let messages = messages(from: side.other).prefix(max(0, wholeFrames - handshakeMessages - 1))
        return [.handshakeComplete(result)] + messages.filter { !$0.isEmpty }.map { .message($0) }
    }

    fileprivate func handshake(_ side: Side) throws -> NoiseHandshake {
        try NoiseHandshake(role: role(of: side), keyPair: keyPair(of: side), entropy: entropy(of: side))
    }
}
