import CompactEncoding
public import Crypto

/// One side of an encrypted, authenticated stream of messages, without I/O, clock or randomness of its own
/// (PROTOCOL §5).
///
/// Bytes of a raw stream go in by ``receive(_:now:into:)-([UInt8],_,_)``, events come out; messages go in by
/// ``send(_:now:)-([UInt8],_)``, bytes to be written come out by ``takeOutput()``. Whatever the call, look for output
/// afterwards, and arrange for ``tick(now:into:)`` to be called at ``nextDeadline``.
///
/// ```swift
/// var machine = SecretStreamMachine(role: .initiator, keyPair: keyPair, entropy: StreamEntropy(), now: .now)
/// socket.write(machine.takeOutput())
/// var events: [SecretStreamEvent] = []
/// machine.receive(socket.read(), now: .now, into: &events)
/// ```
///
/// - Messages can be sent from the event `.handshakeComplete` on.
/// - A peer can end the stream, never trap it: after `.failed` the machine is dead, its keys are erased, it has no
///   output and ignores what comes.
/// - Held are at most one received frame (``StreamOptions/maximumFrameByteCount``) and the output that nobody took: who
///   sends has to look at ``outputByteCount`` and wait for the socket.
/// - The end of the stream is the end of the raw stream; only the layers above can tell whether something is missing.
/// - The machine cannot be copied: two copies would encrypt different messages under the same key and nonce.
public struct SecretStreamMachine: ~Copyable, Sendable {
    /// The longest message that can be sent: 2^24 - 1 - 17 bytes.
    public static let maximumMessageByteCount = MessageFrame.largestPlaintext

    private var phase: StreamPhase
    private var assembler = FrameAssembler()
    private var output: [UInt8] = []
    private var timers: StreamTimers
    private var hasToldFailure = false
    private let maximumFrameByteCount: Int

    /// Starts a stream; an initiator has output at once.
    ///
    /// Where the responder's key that is known beforehand is no valid point, the machine is dead from the start, which
    /// the first call of ``tick(now:into:)`` tells, due at once.
    ///
    /// - Parameters:
    ///   - role: which side this is; the other side must be its counterpart.
    ///   - keyPair: who we are.
    ///   - entropy: the randomness of this stream, and of no other.
    ///   - options: times and bounds.
    ///   - now: the present; the machine's time is what it is told.
    public init(
        role: StreamRole, keyPair: KeyPair, entropy: consuming StreamEntropy, options: StreamOptions = StreamOptions(),
        now: ContinuousClock.Instant
    ) {
        options.validate()
        maximumFrameByteCount = options.maximumFrameByteCount
        timers = StreamTimers(options, now: now)
        phase = StreamPhase(role: role, keyPair: keyPair, entropy: entropy, into: &output)
    }

    /// Starts a stream whose handshake was made elsewhere. It has output at once, its header, and messages can be sent at
    /// once: no `.handshakeComplete` comes.
    ///
    /// - Parameters:
    ///   - handshake: what the handshake agreed on.
    ///   - entropy: the randomness of this stream, and of no other; only its header is used.
    ///   - options: times and bounds.
    ///   - now: the present.
    public init(
        goingOnFrom handshake: EstablishedHandshake, entropy: consuming StreamEntropy,
        options: StreamOptions = StreamOptions(), now: ContinuousClock.Instant
    ) {
        options.validate()
        maximumFrameByteCount = options.maximumFrameByteCount
        timers = StreamTimers(options, now: now)
        timers.completedHandshake()
        let outcome = NoiseHandshake.Outcome(
            result: handshake.result, sendingKey: handshake.sendingKey, receivingKey: handshake.receivingKey,
            header: entropy.header)
        phase = .awaitingHeader(HeaderExchange(outcome, into: &output))
    }

    /// Why the stream is dead; `nil` while it lives.
    public var failure: SecretStreamError? { phase.failure }
}

// MARK: - Receiving

extension SecretStreamMachine {
    /// Takes in what was read from the raw stream: any bytes, cut anywhere.
    ///
    /// Each message is decrypted once, from `bytes` into its own array.
    ///
    /// - Parameters:
    ///   - bytes: what was read.
    ///   - now: the time, which never runs backwards.
    ///   - events: what happened is appended, in order.
    public mutating func receive(
        _ bytes: RawSpan, now: ContinuousClock.Instant, into events: inout [SecretStreamEvent]
    ) {
        guard lives(tellingInto: &events), bytes.byteCount > 0 else { return }
        timers.received(at: now)
        do throws(SecretStreamError) {
            try takeFrames(of: bytes, now, into: &events)
        } catch {
            fail(error, into: &events)
        }
    }

    /// Takes in what was read from the raw stream: any bytes, cut anywhere.
    ///
    /// - Parameters:
    ///   - bytes: what was read.
    ///   - now: the time, which never runs backwards.
    ///   - events: what happened is appended, in order.
    public mutating func receive(
        _ bytes: [UInt8], now: ContinuousClock.Instant, into events: inout [SecretStreamEvent]
    ) {
        receive(bytes.span.bytes, now: now, into: &events)
    }

    private mutating func takeFrames(
        of bytes: RawSpan, _ now: ContinuousClock.Instant, into events: inout [SecretStreamEvent]
    ) throws(SecretStreamError) {
        var offset = 0
        while let byteCount = assembler.payloadByteCount(in: bytes, from: &offset) {
            try phase.check(payloadByteCount: byteCount, maximum: maximumFrameByteCount)
            switch assembler.payload(in: bytes, from: &offset) {
            case .inInput(let range):
                try take(bytes.extracting(range), now, into: &events)
            case .gathered:
                let payload = assembler.takeGathered()
                try take(payload.span.bytes, now, into: &events)
                assembler.recycle(payload)
            case nil:
                return
            }
        }
    }

    private mutating func take(
        _ payload: RawSpan, _ now: ContinuousClock.Instant, into events: inout [SecretStreamEvent]
    ) throws(SecretStreamError) {
        let written = output.count
        switch try phase.receive(payload, into: &output) {
        case .nothing:
            break
        case .message(let message):
            events.append(.message(message))
        case .completedHandshake(let result):
            timers.completedHandshake()
            events.append(.handshakeComplete(result))
        case .opened:
            timers.opened()
        }
        if output.count > written { timers.wrote(at: now) }
    }

    private mutating func fail(_ error: SecretStreamError, into events: inout [SecretStreamEvent]) {
        phase = .failed(error)
        assembler = FrameAssembler()
        output = []
        _ = lives(tellingInto: &events)
    }

    /// Whether the stream is alive; if not, that is told once.
    private mutating func lives(tellingInto events: inout [SecretStreamEvent]) -> Bool {
        guard let failure = phase.failure else { return true }
        if !hasToldFailure { events.append(.failed(failure)) }
        hasToldFailure = true
        return false
    }
}

// MARK: - Sending

extension SecretStreamMachine {
    /// Encrypts a message and appends its frame to the output.
    ///
    /// Messages that are sent before the output is taken lie in it one after the other, ready for one write. An empty
    /// message only shows that we are alive; the other side drops it.
    ///
    /// - Throws: `.notReady` before `.handshakeComplete`; `.tooLarge` above ``maximumMessageByteCount``; both leave the
    ///   stream as it was. Once the stream is dead, what it died of.
    public mutating func send(_ message: RawSpan, now: ContinuousClock.Instant) throws(SecretStreamError) {
        if let failure = phase.failure { throw failure }
        guard phase.canSend else {
            throw SecretStreamError(.notReady, "a message can be sent only after the handshake")
        }
        guard message.byteCount <= Self.maximumMessageByteCount else {
            throw SecretStreamError(
                .tooLarge,
                "a message of \(message.byteCount) bytes is above the protocol's limit of \(Self.maximumMessageByteCount)"
            )
        }
        phase.send(message, into: &output)
        timers.wrote(at: now)
    }

    /// Encrypts a message and appends its frame to the output; see ``send(_:now:)-(RawSpan,_)``.
    public mutating func send(_ message: [UInt8], now: ContinuousClock.Instant) throws(SecretStreamError) {
        try send(message.span.bytes, now: now)
    }

    /// How many bytes wait to be written to the raw stream.
    public var outputByteCount: Int { output.count }

    /// Hands over the bytes to be written to the raw stream, in order.
    public mutating func takeOutput() -> [UInt8] {
        var taken: [UInt8] = []
        swap(&taken, &output)
        return taken
    }

    /// Lends the bytes to be written to the raw stream, in order, and counts them as written.
    ///
    /// For a caller that copies them into a buffer of its own: the machine uses its memory again, up to 1 MiB of it, and
    /// lets go of it with the first keep-alive.
    public mutating func drainOutput<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { output.removeAll(keepingCapacity: output.capacity <= Self.keptOutputCapacity) }
        return try body(output.span.bytes)
    }

    private static var keptOutputCapacity: Int { 1 << 20 }
}

// MARK: - Time

extension SecretStreamMachine {
    /// Changes after how long without writing an empty message is sent; `nil`: never. See
    /// ``StreamOptions/keepAliveInterval``.
    ///
    /// - Precondition: it is above zero.
    public mutating func setKeepAliveInterval(_ interval: Duration?) {
        precondition(interval.map { $0 > .zero } ?? true, "a keep-alive interval must be above zero")
        timers.keepAliveInterval = interval
    }

    /// Changes after how long without receiving anything the stream fails; `nil`: never. See
    /// ``StreamOptions/silenceTimeout``.
    ///
    /// - Precondition: it is above zero.
    public mutating func setSilenceTimeout(_ timeout: Duration?) {
        precondition(timeout.map { $0 > .zero } ?? true, "a silence timeout must be above zero")
        timers.silenceTimeout = timeout
    }

    /// When ``tick(now:into:)`` has something to do, if nothing is sent or received before; `nil`: never.
    public var nextDeadline: ContinuousClock.Instant? {
        if phase.failure == nil { return timers.nextDeadline }
        return hasToldFailure ? nil : timers.created
    }

    /// Does what is due at `now`: sends a keep-alive, or gives the stream up. Harmless at any other time.
    ///
    /// - Parameters:
    ///   - now: the time, which never runs backwards.
    ///   - events: what happened is appended.
    public mutating func tick(now: ContinuousClock.Instant, into events: inout [SecretStreamEvent]) {
        guard lives(tellingInto: &events) else { return }
        switch timers.due(at: now) {
        case .timeout(let error):
            fail(error, into: &events)
        case .keepAlive:
            // Output that still waits for the socket will show that we are alive, and must not pile up.
            if output.isEmpty {
                output = []
                phase.send([UInt8]().span.bytes, into: &output)
            }
            timers.wrote(at: now)
        case nil:
            break
        }
    }
}
