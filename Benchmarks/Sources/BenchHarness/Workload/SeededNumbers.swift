/// Random numbers that are the same on every run (SplitMix64): about a nanosecond each, so that drawing an index costs
/// nothing beside a read.
public struct SeededNumbers: RandomNumberGenerator, Sendable {
    @usableFromInline var state: UInt64

    /// Begins the sequence of `seed`.
    public init(seed: UInt64) {
        state = seed
    }

    @inlinable
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    /// The next number below `bound`, by multiplication: without division, and evenly enough for a workload.
    @inlinable
    public mutating func next(below bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
