/// How fast one peer answers, how much it may be asked at a time, and whether it is left alone for a while.
struct PeerPace {
    private(set) var roundTrip = RoundTrip()
    var window: RequestWindow
    /// How often in a row it has let the time for an answer pass.
    private(set) var timeoutsInARow = 0
    /// Until when it is asked nothing, if it is left alone.
    private(set) var backOffEnd: Milliseconds?
    /// Whether it is asked one thing only, to see if it answers.
    private(set) var isProbed = false
    /// Since when it has answered nothing.
    private var silentSince: Milliseconds = 0
    /// When the last request was sent to it.
    private var lastSent: Milliseconds = 0
    private var refusalsInARow = 0

    init(limits: ReplicationLimits) {
        window = RequestWindow(limits: limits)
    }

    // MARK: Time

    /// How long it may take for the next answer, by how long the others took; longer after each that did not come.
    func patience(_ limits: ReplicationLimits) -> Milliseconds {
        let usual = roundTrip.upperEstimate.map { Milliseconds(min($0 * 4, Double(limits.longestTimeout))) }
        let bound = max(usual ?? limits.firstTimeout, limits.shortestTimeout)
        return min(bound << UInt64(min(timeoutsInARow, 16)), limits.longestTimeout)
    }

    /// When the time for an answer has passed, if one is awaited.
    func answerDue(_ limits: ReplicationLimits) -> Milliseconds { silentSince + patience(limits) }

    /// When it may be probed again whose last probe was taken back.
    func probeDue(_ limits: ReplicationLimits) -> Milliseconds { lastSent + patience(limits) }

    /// How long a request to another peer waits before this one is asked as well.
    func hotSwapAge(_ limits: ReplicationLimits) -> Milliseconds {
        let usual =
            roundTrip.smoothed.map { Milliseconds(min($0 * 2, Double(limits.longestTimeout))) }
            ?? limits.shortestTimeout / 4
        return usual + limits.hotSwapDelay
    }

    // MARK: What happens

    /// A request was sent; `isFirst` if no other was under way.
    mutating func sent(isFirst: Bool, now: Milliseconds) {
        if isFirst { silentSince = now }
        lastSent = now
    }

    /// A request was answered, in whatever way. A refusal may have been held back on purpose, so that its time says nothing.
    mutating func answered(
        _ request: OutstandingRequest, isRefusal: Bool, sent: UInt64, now: Milliseconds, limits: ReplicationLimits
    ) {
        silentSince = now
        timeoutsInARow = 0
        isProbed = false
        guard !isRefusal else { return }
        roundTrip.add(now - min(request.sentAt, now), now: now)
        window.answered(
            order: request.order, sent: sent, shortest: roundTrip.shortest ?? 0, now: now, limits: limits)
    }

    /// It has not answered in time.
    mutating func timedOut(now: Milliseconds, limits: ReplicationLimits) {
        timeoutsInARow += 1
        backOffEnd = now + patience(limits)
    }

    /// An answer was of use.
    mutating func wasOfUse() { refusalsInARow = 0 }

    /// It has refused what it should have been able to answer: others are asked first.
    mutating func refused(now: Milliseconds, limits: ReplicationLimits) {
        let time = min(limits.refusalBackOff << UInt64(min(refusalsInARow, 16)), limits.longestRefusalBackOff)
        refusalsInARow += 1
        backOffEnd = max(backOffEnd ?? 0, now + time)
    }

    /// Its time alone is over.
    mutating func endBackOff() {
        backOffEnd = nil
        isProbed = timeoutsInARow > 0
    }

    /// It is asked one thing, and the rest only once that is answered.
    mutating func probe() { isProbed = true }
}
