/// Single blocks that wait to be asked: the more urgent before the less, and those of one priority by their indices.
struct PendingQueue {
    /// By priority: 0, 1, and 2 with all above.
    private var levels = [PendingBlocks](repeating: PendingBlocks(), count: Self.levelCount)

    static let levelCount = 3

    /// The level that a priority stands for.
    static func level(of priority: RequestMessage.Priority) -> Int { Int(min(priority.rawValue, 2)) }

    var isEmpty: Bool { levels.allSatisfy(\.isEmpty) }

    var count: Int { levels.reduce(0) { $0 + $1.count } }

    func contains(_ block: UInt64) -> Bool { levels.contains { $0.contains(block) } }

    mutating func insert(_ block: UInt64, _ priority: RequestMessage.Priority) {
        levels[Self.level(of: priority)].insert(block)
    }

    mutating func remove(_ block: UInt64) {
        for level in levels.indices { levels[level].remove(block) }
    }

    /// The first block of `range` on a level.
    func first(in range: Range<UInt64>, level: Int) -> UInt64? { levels[level].first(in: range) }

    /// Whether a block of `range` waits.
    func overlaps(_ range: Range<UInt64>) -> Bool { levels.contains { $0.first(in: range) != nil } }

    /// The blocks of `range` that wait, in no order that matters.
    func all(in range: Range<UInt64>) -> [UInt64] { levels.flatMap { $0.all(in: range) } }
}
