import Hypercore

/// What a store takes from the world beside its storage: time and chance.
///
/// An application leaves it as it is. A simulation replaces it, so that the same run happens again; the streams have a clock
/// of their own (`ReplicationStream.Configuration`), which has to be the same.
public struct StoreEnvironment: Sendable {
    /// What time it is, for what replication waits for.
    public var clock: @Sendable () -> ContinuousClock.Instant = { .now }
    /// What time of day it is, in milliseconds since 1970, for the timestamps of groups.
    public var wallClock: @Sendable () -> UInt64 = WallClock.milliseconds
    /// Makes a number that the random choices of a log's replication are drawn from.
    public var makeSeed: @Sendable () -> UInt64 = { .random(in: .min ... .max) }

    /// The real world.
    public init() {}
}
