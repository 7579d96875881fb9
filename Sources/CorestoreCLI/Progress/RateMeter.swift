/// How fast a count grows, smoothed over the last seconds.
struct RateMeter {
    private(set) var perSecond = 0.0
    private var last: (count: UInt64, time: Duration)?
    private var measurementCount = 0

    /// How many seconds a measurement has to cover to count as much as all before it.
    private static let memory = 2.0

    /// Takes the count at `time`. The first call sets where counting begins; a count that shrinks is no speed.
    mutating func update(_ count: UInt64, at time: Duration) {
        if let last {
            let seconds = (time - last.time) / .seconds(1)
            guard seconds > 0 else { return }
            let weight = measurementCount == 0 ? 1 : seconds / (seconds + Self.memory)
            let new = count > last.count ? Double(count - last.count) : 0
            perSecond += weight * (new / seconds - perSecond)
            measurementCount += 1
        }
        last = (count, time)
    }
}
