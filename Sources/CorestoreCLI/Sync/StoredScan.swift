import Hypercore

/// Walks over the blocks that are stored, from the first one of a range on. Downloads come in order, so this tells how
/// far they are, and each block is looked at once.
struct StoredScan {
    private var next: UInt64

    init(from start: UInt64) {
        next = start
    }

    /// The first block up to `end` that is not stored yet, or `end`.
    mutating func advance(to end: UInt64, in core: Hypercore) throws -> UInt64 {
        while next < end, try core.has(next) { next += 1 }
        return min(next, end)
    }
}
