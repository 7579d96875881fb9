/// How long peers are still told that a log is wanted after nobody wants it any more (PROTOCOL §7, Idling).
///
/// Opening a channel anew costs a round trip and an exchange of what both sides have, so a log that is let go of is soon
/// wanted again more cheaply than that.
public struct IdlePolicy: Sendable {
    /// How long to linger; a time in between is picked for each log each time, so that not all are let go of at once.
    public var linger: ClosedRange<Duration>
    /// Picks a time; replaced by simulations.
    public var pick: @Sendable (ClosedRange<Duration>) -> Duration

    /// The protocol's 20 to 40 seconds, or other times.
    public init(
        linger: ClosedRange<Duration> = .seconds(20) ... .seconds(40),
        pick: @escaping @Sendable (ClosedRange<Duration>) -> Duration = Self.random
    ) {
        self.linger = linger
        self.pick = pick
    }

    /// A time by chance, to the millisecond.
    public static func random(in range: ClosedRange<Duration>) -> Duration {
        let spread = (range.upperBound - range.lowerBound) / .milliseconds(1)
        return range.lowerBound + .milliseconds(Int64.random(in: 0...max(0, Int64(spread))))
    }
}
