import Replication

/// Translates between the clock of streams and the milliseconds of the replication machine, which all streams of a core
/// must count alike.
enum ReplicationTime {
    private static let epoch = ContinuousClock.now

    static func milliseconds(at instant: ContinuousClock.Instant) -> Milliseconds {
        let elapsed = (instant - epoch).components
        return UInt64(max(elapsed.seconds, 0)) * 1000 + UInt64(max(elapsed.attoseconds, 0) / 1_000_000_000_000_000)
    }

    static func instant(at time: Milliseconds) -> ContinuousClock.Instant {
        epoch + .milliseconds(Int64(clamping: time))
    }
}
