/// How long a peer takes to answer, measured from its answers.
struct RoundTrip {
    /// How long the shortest time of a period counts, in milliseconds: a path that became longer is believed after two.
    private static let period: Milliseconds = 30_000

    /// The smoothed time in milliseconds; `nil` before the first answer.
    private(set) var smoothed: Double?
    /// How far the times lie from it, smoothed.
    private var deviation = 0.0
    private var shortestOfPeriod: Milliseconds = .max
    private var shortestBefore: Milliseconds = .max
    private var periodEnd: Milliseconds = 0

    /// Takes note of an answer that came `sample` after its request.
    ///
    /// The weights are those by which TCP estimates its round trip (RFC 6298): an eighth and a quarter for the newest.
    mutating func add(_ sample: Milliseconds, now: Milliseconds) {
        let time = Double(sample)
        if let smoothed {
            deviation += (abs(time - smoothed) - deviation) / 4
            self.smoothed = smoothed + (time - smoothed) / 8
        } else {
            smoothed = time
            deviation = time / 2
        }
        if now >= periodEnd {
            shortestBefore = shortestOfPeriod
            shortestOfPeriod = sample
            periodEnd = now + Self.period
        }
        shortestOfPeriod = min(shortestOfPeriod, sample)
    }

    /// The shortest time of late, which holds the least of waiting in queues; `nil` before the first answer.
    var shortest: Milliseconds? { smoothed == nil ? nil : min(shortestOfPeriod, shortestBefore) }

    /// What an answer hardly ever takes longer than; `nil` before the first.
    var upperEstimate: Double? { smoothed.map { $0 + 4 * deviation } }
}
