/// What the services of this module take from the world beside their sockets: time and chance. An application leaves it as
/// it is; tests replace it.
public struct TransportEnvironment: Sendable {
    /// What time it is.
    public var now: @Sendable () -> ContinuousClock.Instant = { .now }
    /// Waits until a time, or throws where the task is cancelled.
    public var sleep: @Sendable (_ deadline: ContinuousClock.Instant) async throws -> Void = {
        try await ContinuousClock().sleep(until: $0)
    }
    /// A number from 0 to 1, each as likely as the others.
    public var chance: @Sendable () -> Double = { .random(in: 0...1) }

    /// The real world.
    public init() {}
}
