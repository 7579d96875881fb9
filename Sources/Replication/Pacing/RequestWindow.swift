/// How many requests may be under way to one peer, so that its link is filled and no more waits than has to.
///
/// A link is full when as much is under way as it carries in one round trip. Both are measured: a *round* lasts from an
/// answer to the answer to a request sent after it, and what is answered in it is the rate. The window is twice of what
/// that rate brings in the shortest round trip known. So it doubles in each round for as long as the link brings all that
/// is asked, and comes to rest where it does not: with one window on the link and one waiting behind it.
///
/// What waits too many are requests at the peer, some bytes each. That is why too large a window costs little.
struct RequestWindow {
    /// How many requests may be under way.
    private(set) var size: Int
    /// Whether more would have been asked in this round had the window been larger.
    private var isLimiting = false
    /// When this round began; `nil` before the first answer.
    private var roundStart: Milliseconds?
    /// The round ends with the answer to a request of this order, or of a later one.
    private var roundOrder: UInt64 = 0
    private var answers = 0

    init(limits: ReplicationLimits) {
        size = min(max(limits.requestsToPeerAtFirst, limits.fewestRequestsToPeer), limits.requestsToPeer)
    }

    /// More would be asked if the window were larger.
    mutating func isFull() { isLimiting = true }

    /// Takes note of an answer.
    ///
    /// - Parameters:
    ///   - order: how many requests had been sent before the one that was answered.
    ///   - sent: how many have been sent by now.
    ///   - shortest: the peer's shortest round trip.
    mutating func answered(
        order: UInt64, sent: UInt64, shortest: Milliseconds, now: Milliseconds, limits: ReplicationLimits
    ) {
        answers += 1
        guard let start = roundStart else { return begin(sent: sent, now: now) }
        guard order >= roundOrder else { return }
        adapt(to: 2 * answers, over: now - start, shortest: shortest, limits)
        begin(sent: sent, now: now)
    }

    private mutating func begin(sent: UInt64, now: Milliseconds) {
        roundStart = now
        roundOrder = sent
        answers = 0
        isLimiting = false
    }

    private mutating func adapt(
        to doubleAnswers: Int, over duration: Milliseconds, shortest: Milliseconds, _ limits: ReplicationLimits
    ) {
        // The clock counts milliseconds, and a turn takes some: of a very short way the length cannot be told.
        let roundTrip = Double(max(shortest, limits.shortestRoundTrip))
        let carried = Double(doubleAnswers) * roundTrip / Double(max(duration, 1))
        let target = Int(min(carried.rounded(.up), Double(limits.requestsToPeer)))
        if target > size {
            size = min(target, 2 * size, limits.requestsToPeer)
        } else if isLimiting {
            size = max(target, size - size / 4, min(limits.fewestRequestsToPeer, limits.requestsToPeer))
        }
    }
}
