/// What was measured in one run of one contender.
public struct Sample: Sendable, Equatable {
    /// From the start of the work to its end.
    public let elapsed: Duration
    /// The time that the process's threads spent on processors meanwhile: what a busy machine disturbs least. A process
    /// on the other side of a socket is not counted.
    public let processorTime: Duration
    /// The most memory that the process held meanwhile; `nil` on a system that does not tell.
    public let peak: ResidentMemory?
    /// The anonymous memory held at the end beyond that held at the start, in bytes; `nil` on a system that does not
    /// tell.
    public let growth: Int?
    /// How long the part took that ``elapsed`` is compared with; `nil` of a figure that compares nothing.
    public let reference: Duration?
    /// What proves that the work was done.
    public let resultHash: String
    /// What was counted; nothing in a run that was timed.
    public let counts: Counts

    /// Puts a sample together.
    public init(
        elapsed: Duration, processorTime: Duration, peak: ResidentMemory?, growth: Int? = nil,
        reference: Duration? = nil, resultHash: String, counts: Counts = Counts()
    ) {
        self.elapsed = elapsed
        self.processorTime = processorTime
        self.peak = peak
        self.growth = growth
        self.reference = reference
        self.resultHash = resultHash
        self.counts = counts
    }
}

// MARK: - Between processes

extension Sample {
    /// The sample as the line that a measured process hands to the one that measures.
    public var line: String {
        let memory = peak.map { "\($0.anonymous) \($0.mapped)" } ?? "- -"
        let growth = growth.map(String.init) ?? "-"
        let reference = reference.map { String($0.nanoseconds) } ?? "-"
        return """
            sample \(elapsed.nanoseconds) \(processorTime.nanoseconds) \(memory) \(growth) \(reference) \(resultHash) \
            \(counts.word)
            """
    }

    /// Reads a ``line``; `nil` for any other.
    public init?(line: String) {
        let words = line.split(separator: " ")
        guard
            words.count == 9, words[0] == "sample", let elapsed = Int64(words[1]), let processorTime = Int64(words[2]),
            let counts = Counts(word: words[8])
        else { return nil }
        var peak: ResidentMemory?
        if let anonymous = Int(words[3]), let mapped = Int(words[4]) {
            peak = ResidentMemory(anonymous: anonymous, mapped: mapped)
        }
        self.init(
            elapsed: .nanoseconds(elapsed), processorTime: .nanoseconds(processorTime), peak: peak,
            growth: Int(words[5]), reference: Int64(words[6]).map { .nanoseconds($0) }, resultHash: String(words[7]),
            counts: counts)
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double { self / .seconds(1) }

    /// The duration in whole nanoseconds.
    fileprivate var nanoseconds: Int64 { Int64((self / .nanoseconds(1)).rounded()) }
}
