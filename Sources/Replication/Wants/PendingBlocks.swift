/// Blocks that wait to be asked, in order of their indices.
///
/// Made for many insertions at the end and for searches: a removed block leaves a gap in the array, which is closed
/// once there are as many gaps as blocks.
struct PendingBlocks {
    private var sorted: [UInt64] = []
    private var present: Set<UInt64> = []

    var isEmpty: Bool { present.isEmpty }

    var count: Int { present.count }

    func contains(_ block: UInt64) -> Bool { present.contains(block) }

    mutating func insert(_ block: UInt64) {
        guard present.insert(block).inserted else { return }
        if let last = sorted.last, last >= block {
            let position = sorted.lowerBound(of: block)
            if sorted[position] != block { sorted.insert(block, at: position) }
        } else {
            sorted.append(block)
        }
    }

    mutating func remove(_ block: UInt64) {
        guard present.remove(block) != nil else { return }
        if sorted.count > 2 * present.count + 32 { sorted.removeAll { !present.contains($0) } }
    }

    /// The first block of `range` that waits.
    func first(in range: Range<UInt64>) -> UInt64? {
        var position = sorted.lowerBound(of: range.lowerBound)
        while position < sorted.count, sorted[position] < range.upperBound {
            if present.contains(sorted[position]) { return sorted[position] }
            position += 1
        }
        return nil
    }

    /// The blocks of `range` that wait.
    func all(in range: Range<UInt64>) -> [UInt64] {
        sorted[sorted.lowerBound(of: range.lowerBound)...].prefix { $0 < range.upperBound }
            .filter { present.contains($0) }
    }
}

extension Array<UInt64> {
    /// The position of the first element that is not below `value`, in a sorted array.
    func lowerBound(of value: UInt64) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
