/// The names of the cores that are found by name, the same for every contender.
public enum CoreName {
    /// One of many.
    public static func ofMany(_ number: Int) -> String { "core-\(number)" }

    /// A core of one batch of blocks, which is whole.
    public static let short = "short"
    /// A long core that lacks every other block.
    public static let sparse = "sparse"
}
