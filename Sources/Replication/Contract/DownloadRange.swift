/// Blocks to be fetched: a run of them, a list, or everything there is and will be.
public struct DownloadRange: Hashable, Sendable {
    /// The order in which the blocks are asked.
    public enum Order: Hashable, Sendable {
        /// From the first to the last.
        case linear
        /// At random, which spreads many readers over different blocks, so that they have something to give each other.
        case random
    }

    /// The blocks lie in here; the upper bound is `UInt64.max` for a range without an end.
    let bounds: Range<UInt64>
    /// The blocks themselves, in ascending order, where not all of `bounds` is wanted.
    let list: [UInt64]?
    let order: Order

    /// A run of blocks. It may go past the present end of the log, and waits for the log to grow then.
    public static func blocks(_ range: Range<UInt64>, order: Order = .random) -> DownloadRange {
        DownloadRange(bounds: range, list: nil, order: order)
    }

    /// Single blocks, given in any order.
    ///
    /// - Precondition: no index is `UInt64.max`.
    public static func blocks(_ list: [UInt64], order: Order = .random) -> DownloadRange {
        let sorted = Set(list).sorted()
        let bounds = sorted.isEmpty ? 0..<0 : sorted[0]..<sorted[sorted.count - 1] + 1
        return DownloadRange(bounds: bounds, list: sorted, order: order)
    }

    /// All blocks from `start` on, and every one that the log will grow by. It never ends by itself.
    public static func live(from start: UInt64 = 0, order: Order = .random) -> DownloadRange {
        DownloadRange(bounds: start..<UInt64.max, list: nil, order: order)
    }

    /// How many blocks there are in it; `nil` where it has no end.
    var count: UInt64? { isLive ? nil : list.map { UInt64($0.count) } ?? bounds.upperBound - bounds.lowerBound }

    /// Whether its blocks are asked one after the other, and none is left out.
    var isRun: Bool { list == nil && order == .linear }

    /// Whether it goes on with whatever the log grows by.
    var isLive: Bool { bounds.upperBound == UInt64.max }

    /// The first wanted block of `range`.
    func first(in range: Range<UInt64>) -> UInt64? {
        let range = range.clamped(to: bounds)
        guard !range.isEmpty else { return nil }
        guard let list else { return range.lowerBound }
        let position = list.lowerBound(of: range.lowerBound)
        return position < list.count && list[position] < range.upperBound ? list[position] : nil
    }
}
