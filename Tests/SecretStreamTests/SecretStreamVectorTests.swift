import CompactEncoding
import Crypto
import SecretStream
import TestSupport
import Testing

@Suite struct SecretStreamVectorTests {
    @Test(arguments: try Recording.all())
    func writesTheRecordedBytes(_ recording: Recording) throws {
        for side in Side.allCases {
            var machine = try recording.machine(side)
            var written = machine.takeOutput()
            var events: [SecretStreamEvent] = []
            machine.receive(recording.raw(from: side.other), now: .simulatedStart, into: &events)
            for message in recording.messages(from: side) {
                try machine.send(message, now: .simulatedStart)
            }
            written += machine.takeOutput()
            #expect(written == recording.raw(from: side))
        }
    }

    @Test(arguments: try Recording.all())
    func readsTheRecordedMessages(_ recording: Recording) throws {
        for side in Side.allCases {
            var machine = try recording.machine(side)
            var events: [SecretStreamEvent] = []
            machine.receive(recording.raw(from: side.other), now: .simulatedStart, into: &events)
            #expect(events == recording.expectedEvents(at: side))
        }
    }
}

extension Recording {
    /// All that happens at `side` when it is given what the other side wrote.
    func expectedEvents(at side: Side) -> [SecretStreamEvent] {
        let result = HandshakeResult(
            handshakeHash: handshakeHash.bytes64,
            remotePublicKey: PublicKey((side == .initiator ? responderStatic : initiatorStatic).publicKey.bytes32),
            isInitiator: side == .initiator)
        return [.handshakeComplete(result)] + deliveredMessages(from: side.other).map { .message($0) }
    }
}
