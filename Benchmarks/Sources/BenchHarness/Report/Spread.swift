/// The middle of some measurements and how far they lie apart.
public struct Spread: Sendable, Equatable {
    /// The middle one, or the mean of the two in the middle.
    public let median: Double
    /// The least.
    public let minimum: Double
    /// The greatest.
    public let maximum: Double

    /// A spread that was summarised before.
    init(median: Double, minimum: Double, maximum: Double) {
        self.median = median
        self.minimum = minimum
        self.maximum = maximum
    }

    /// Summarises `values`, at least one, in any order.
    public init(_ values: [Double]) {
        precondition(!values.isEmpty, "nothing was measured")
        let sorted = values.sorted()
        let middle = sorted.count / 2
        median = sorted.count.isMultiple(of: 2) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
        minimum = sorted[0]
        maximum = sorted[sorted.count - 1]
    }
}
