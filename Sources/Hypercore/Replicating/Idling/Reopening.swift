import Crypto

/// When cores whose channels were closed here because something failed are to be opened again on the same stream.
///
/// What failed is most often the store, for want of space: asking again at once would fail again, and bring the same
/// blocks once more. So each failure that follows another waits twice as long, up to a minute.
struct Reopening: Sendable {
    private static let shortestDelay = Duration.seconds(1)
    private static let longestDelay = Duration.seconds(60)
    /// After how long without a failure the next one is a first one.
    private static let memory = Duration.seconds(600)

    private struct Failure {
        var delay: Duration
        var at: ContinuousClock.Instant
        var isDue: Bool = false
        var due: ContinuousClock.Instant { at + delay }
    }

    private var failures: [DiscoveryKey: Failure] = [:]

    /// When the next core is due.
    var nextDeadline: ContinuousClock.Instant? {
        failures.values.lazy.filter { !$0.isDue }.map(\.due).min()
    }

    /// Whether it is too early for the core.
    func isWaiting(_ key: DiscoveryKey, now: ContinuousClock.Instant) -> Bool {
        failures[key].map { now < $0.due } ?? false
    }

    /// A core's channel was closed because something failed.
    mutating func failed(_ key: DiscoveryKey, now: ContinuousClock.Instant) {
        failures = failures.filter { now < $0.value.at + Self.memory }
        let delay = failures[key].map { min($0.delay * 2, Self.longestDelay) } ?? Self.shortestDelay
        failures[key] = Failure(delay: delay, at: now)
    }

    /// The cores that are due, once each.
    mutating func takeDue(now: ContinuousClock.Instant) -> [DiscoveryKey] {
        let due = failures.filter { !$0.value.isDue && $0.value.due <= now }.map(\.key)
        for key in due { failures[key]?.isDue = true }
        return due
    }
}
