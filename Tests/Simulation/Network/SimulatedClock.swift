import Synchronization

/// A time that moves when the simulation says so.
final class SimulatedClock: Sendable {
    // Not long after the present, which is what the machine counts its time from.
    private let time = Mutex(ContinuousClock.now + .seconds(3600))

    var now: ContinuousClock.Instant { time.withLock { $0 } }

    /// Moves on to `instant`; never back.
    func move(to instant: ContinuousClock.Instant) { time.withLock { $0 = max($0, instant) } }
}
