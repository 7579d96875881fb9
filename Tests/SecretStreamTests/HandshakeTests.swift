import CCorestoreSodium
import CompactEncoding
import Crypto
import SecretStream
import TestSupport
import Testing

@Suite struct HandshakeTests {
    @Test(arguments: [false, true])
    func bothSidesAgreeAndKnowEachOther(responderIsKnown: Bool) {
        var pair =
            responderIsKnown
            ? StreamPair(.knowingInitiator(responder: StreamPair.responderKeyPair.publicKey), .knownResponder)
            : StreamPair()
        pair.exchange()
        let initiators = pair.events(of: .initiator).handshakes
        let responders = pair.events(of: .responder).handshakes
        #expect(initiators.count == 1 && responders.count == 1)
        #expect(initiators.first?.handshakeHash == responders.first?.handshakeHash)
        #expect(initiators.first?.remotePublicKey == StreamPair.responderKeyPair.publicKey)
        #expect(responders.first?.remotePublicKey == StreamPair.initiatorKeyPair.publicKey)
        #expect(initiators.first?.isInitiator == true && responders.first?.isInitiator == false)
    }

    @Test func streamsDifferThoughTheKeysAreTheSame() {
        var first = StreamPair()
        var second = StreamPair()
        first.exchange()
        second.exchange()
        #expect(
            first.events(of: .initiator).handshakes.first?.handshakeHash
                != second.events(of: .initiator).handshakes.first?.handshakeHash)
    }

    @Test func twoInitiatorsRefuseEachOther() {
        var pair = StreamPair(.initiator, .initiator)
        let (first, second) = (pair.initiator.takeOutput(), pair.responder.takeOutput())
        pair.deliver(first, to: .responder)
        pair.deliver(second, to: .initiator)
        #expect(pair.events(of: .initiator).failures == [.invalidFrameLength])
        #expect(pair.events(of: .responder).failures == [.invalidFrameLength])
    }

    @Test func twoRespondersGiveUpInTime() {
        var pair = StreamPair(.responder, .responder)
        pair.exchange()
        pair.advance(by: .seconds(15))
        #expect(pair.events(of: .initiator).failures == [.timedOut])
        #expect(pair.events(of: .responder).failures == [.timedOut])
    }

    @Test func differentPatternsRefuseEachOther() {
        var known = StreamPair(.knowingInitiator(responder: StreamPair.responderKeyPair.publicKey), .responder)
        known.exchange()
        #expect(known.events(of: .responder).failures == [.invalidFrameLength])
        var unknown = StreamPair(.initiator, .knownResponder)
        unknown.exchange()
        #expect(unknown.events(of: .responder).failures == [.invalidFrameLength])
    }

    @Test func initiatorThatKnowsAnotherRespondersKeyIsRefused() {
        var pair = StreamPair(.knowingInitiator(responder: KeyPair().publicKey), .knownResponder)
        pair.exchange()
        #expect(pair.events(of: .responder).failures == [.handshakeFailed])
        #expect(pair.events(of: .initiator) == [])
    }

    @Test func initiatorIsDeadFromTheStartIfTheKnownKeyIsNoPoint() {
        var machine = SecretStreamMachine(
            role: .knowingInitiator(responder: PublicKey(.zero)), keyPair: KeyPair(), entropy: StreamEntropy(),
            now: .simulatedStart)
        #expect(machine.failure?.code == .handshakeFailed)
        #expect(machine.outputByteCount == 0)
        #expect(machine.nextDeadline == .simulatedStart)
        var events: [SecretStreamEvent] = []
        machine.tick(now: .simulatedStart, into: &events)
        machine.tick(now: .simulatedStart, into: &events)
        #expect(events.failures == [.handshakeFailed])
        #expect(machine.nextDeadline == nil)
    }

    @Test(arguments: BadPoint.torsion)
    func torsionPointTimesEightIsTheNeutralElement(_ point: BadPoint) {
        var multiple = point.bytes
        for _ in 0..<3 {
            let half = multiple
            #expect(crypto_core_ed25519_add(&multiple, half, half) == 0)
        }
        #expect(multiple == BadPoint.torsion[0].bytes)
    }

    @Test(arguments: BadPoint.all)
    func badEphemeralPointIsRefused(_ point: BadPoint) {
        var events: [SecretStreamEvent] = []
        var responder = SecretStreamMachine(
            role: .responder, keyPair: KeyPair(), entropy: StreamEntropy(), now: .simulatedStart)
        responder.receive(Frames.make(point.bytes), now: .simulatedStart, into: &events)
        #expect(events.failures == [.handshakeFailed], "\(point)")
        #expect(responder.outputByteCount == 0)
    }

    @Test(arguments: BadPoint.all)
    func badStaticPointIsRefused(_ point: BadPoint) {
        let machine = SecretStreamMachine(
            role: .knowingInitiator(responder: PublicKey(Bytes32(point.bytes) ?? .zero)), keyPair: KeyPair(),
            entropy: StreamEntropy(), now: .simulatedStart)
        #expect(machine.failure?.code == .handshakeFailed, "\(point)")
    }

    @Test(arguments: try Recording.all())
    func recordedHandshakeCannotBeReplayed(_ recording: Recording) throws {
        var responder = SecretStreamMachine(
            role: recording.role(of: .responder), keyPair: try recording.keyPair(of: .responder),
            entropy: StreamEntropy(), now: .simulatedStart)
        var events: [SecretStreamEvent] = []
        responder.receive(recording.raw(from: .initiator), now: .simulatedStart, into: &events)
        #expect(events.messages == [])
        #expect(events.failures.count == 1)
    }
}

/// A public key that no honest peer has.
struct BadPoint: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]

    var testDescription: String { "\(name) \(bytes.hex)" }

    /// The eight points of small order, as they are encoded.
    static let torsion: [BadPoint] = [
        BadPoint(name: "order 1", bytes: encoded(low: 0x01)),
        BadPoint(name: "order 2", bytes: [0xec] + [UInt8](repeating: 0xff, count: 30) + [0x7f]),
        BadPoint(name: "order 4", bytes: encoded(low: 0x00)),
        BadPoint(name: "order 4", bytes: encoded(low: 0x00, high: 0x80)),
        BadPoint(hex: "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        BadPoint(hex: "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
        BadPoint(hex: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        BadPoint(hex: "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
    ]

    /// Encodings of a coordinate of p or more, that is, of p + k for k from 0 to 18, with either sign.
    static let nonCanonical: [BadPoint] = (0...18).flatMap { offset in
        [UInt8(0x7f), 0xff].map { last in
            BadPoint(
                name: "p + \(offset)", bytes: [0xed + offset] + [UInt8](repeating: 0xff, count: 30) + [last])
        }
    }

    /// Good points to which one of small order has been added.
    static let mixedOrder: [BadPoint] = torsion.dropFirst().map { torsion in
        let good = StreamPair.responderKeyPair.publicKey.bytes.array
        var sum = [UInt8](repeating: 0, count: 32)
        let status = crypto_core_ed25519_add(&sum, good, torsion.bytes)
        precondition(status == 0 && sum != good, "libsodium adds points of small order")
        return BadPoint(name: "a good point and \(torsion.name)", bytes: sum)
    }

    static let notOnTheCurve = BadPoint(name: "not on the curve", bytes: encoded(low: 0x02))

    static let all = torsion + nonCanonical + mixedOrder + [notOnTheCurve]

    private init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    private init(hex: String) {
        self.init(name: "order 8", bytes: [UInt8](hex: hex) ?? [])
    }

    private static func encoded(low: UInt8, high: UInt8 = 0) -> [UInt8] {
        [low] + [UInt8](repeating: 0, count: 30) + [high]
    }
}
