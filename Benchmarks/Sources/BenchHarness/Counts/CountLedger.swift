import Synchronization

/// Adds up what the stores and pipes of a run count while the clock runs.
///
/// Counting costs time, so a run either counts or is measured: a meter has a ledger only where nobody looks at its clock.
public final class CountLedger: Sendable {
    private let sources = Mutex<[@Sendable () -> Counts]>([])
    private let start = Mutex(Counts())
    private let total = Mutex(Counts())

    /// A ledger without sources.
    public init() {}

    /// Asks `source` what it has counted so far, when the clock starts and when it stops.
    ///
    /// One that is added while the clock runs counts from zero.
    public func add(_ source: @escaping @Sendable () -> Counts) {
        sources.withLock { $0.append(source) }
    }

    func begin() {
        let counts = current
        start.withLock { $0 = counts }
    }

    func end() {
        let counts = current.since(start.withLock { $0 })
        total.withLock { $0 = counts }
    }

    /// What was done between the start of the clock and its stop.
    var counts: Counts { total.withLock { $0 } }

    private var current: Counts {
        sources.withLock(\.self).reduce(LargeCopies.counts) { $0 + $1() }
    }
}
