/// How long a ``ReconnectingClient`` waits between attempts: longer each time, and never quite as long as others do, so that
/// the clients of a server that was away do not all come back at once.
public struct BackOff: Hashable, Sendable {
    /// The longest wait after the first failure.
    public var first: Duration = .milliseconds(500)
    /// What it grows to.
    public var most: Duration = .seconds(60)
    /// By how much it grows each time; at least 1.
    public var factor = 2.0
    /// Which part of a wait is left to chance, from 0, none, to 1, all of it.
    public var jitter = 0.5
    /// How long a connection must have been ready for the waits to begin anew after it. A server that takes everybody in
    /// and hangs up at once is not asked again and again without waiting longer.
    public var provenAfter: Duration = .seconds(10)

    /// The defaults.
    public init() {}

    /// How long to wait.
    ///
    /// - Parameters:
    ///   - failureCount: how many attempts have failed since one was proven; at least 1.
    ///   - chance: from 0 to 1; the higher, the longer the wait.
    public func delay(afterFailures failureCount: Int, chance: Double) -> Duration {
        precondition(failureCount > 0, "a wait is after a failure, not after \(failureCount)")
        precondition(factor >= 1 && (0...1).contains(jitter), "factor \(factor) or jitter \(jitter) is out of range")
        var delay = first
        for _ in 1..<failureCount where delay < most { delay = delay * factor }
        return min(delay, most) * (1 - jitter * (1 - min(max(chance, 0), 1)))
    }
}
