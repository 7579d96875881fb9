/// When something has to happen though nothing is received or sent.
struct StreamTimers: Sendable {
    /// What is due.
    enum Due: Equatable {
        case keepAlive
        case timeout(SecretStreamError)
    }

    var keepAliveInterval: Duration?
    var silenceTimeout: Duration?
    private let handshakeTimeout: Duration?
    /// When the stream was made.
    let created: ContinuousClock.Instant
    private var lastWritten: ContinuousClock.Instant
    private var lastReceived: ContinuousClock.Instant
    /// Whether keep-alives can be sent yet.
    private var canWrite = false
    /// Whether the other side's header has come.
    private var isOpen = false

    init(_ options: StreamOptions, now: ContinuousClock.Instant) {
        keepAliveInterval = options.keepAliveInterval
        silenceTimeout = options.silenceTimeout
        handshakeTimeout = options.handshakeTimeout
        created = now
        lastWritten = now
        lastReceived = now
    }

    mutating func wrote(at now: ContinuousClock.Instant) { lastWritten = now }

    mutating func received(at now: ContinuousClock.Instant) { lastReceived = now }

    mutating func completedHandshake() { canWrite = true }

    mutating func opened() { isOpen = true }

    /// What is due at `now`; a time-out before a keep-alive.
    func due(at now: ContinuousClock.Instant) -> Due? {
        if let deadline = openingDeadline, now >= deadline {
            return .timeout(SecretStreamError(.timedOut, "the stream did not open within \(deadline - created)"))
        }
        if let deadline = silenceDeadline, now >= deadline {
            return .timeout(
                SecretStreamError(.timedOut, "nothing was received from the other side for \(now - lastReceived)"))
        }
        if let deadline = keepAliveDeadline, now >= deadline { return .keepAlive }
        return nil
    }

    /// When something will be due next.
    var nextDeadline: ContinuousClock.Instant? {
        [openingDeadline, silenceDeadline, keepAliveDeadline].compactMap(\.self).min()
    }

    private var openingDeadline: ContinuousClock.Instant? {
        isOpen ? nil : handshakeTimeout.map { created + $0 }
    }

    private var silenceDeadline: ContinuousClock.Instant? {
        silenceTimeout.map { lastReceived + $0 }
    }

    private var keepAliveDeadline: ContinuousClock.Instant? {
        canWrite ? keepAliveInterval.map { lastWritten + $0 } : nil
    }
}
