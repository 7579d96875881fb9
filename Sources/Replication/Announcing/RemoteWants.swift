/// What one peer wants to be told of when we come to have it (PROTOCOL §7, Wants).
///
/// A peer can make us keep no more than its windows and ranges: past their bounds, or with a window that is none, it
/// just wants everything.
struct RemoteWants {
    /// The shortest and the longest window, in blocks.
    static let shortestWindow: UInt64 = 32
    static let longestWindow: UInt64 = 2_097_152

    /// Windows of one length, by their start divided by it.
    private struct Windows {
        let length: UInt64
        var numbers: Set<UInt64>
    }

    private var windows: [Windows] = []
    private var windowCount = 0
    private var anyRanges: [Range<UInt64>] = []
    private(set) var wantsEverything = false

    /// How many windows and ranges are kept.
    var count: Int { windowCount + anyRanges.count }

    /// Notes a want. Returns whether it is to be answered: a window longer than the longest is not.
    mutating func add(start: UInt64, length: UInt64, any: Bool, limits: ReplicationLimits) -> Bool {
        if any {
            guard anyRanges.count < limits.anyRangesWantedByPeer else {
                wantsEverything = true
                return true
            }
            anyRanges.append(start..<start &+ length)
            return true
        }
        guard length <= Self.longestWindow else { return false }
        guard Self.isWindow(start: start, length: length), windowCount < limits.windowsWantedByPeer else {
            wantsEverything = true
            return true
        }
        if let position = windows.firstIndex(where: { $0.length == length }) {
            if windows[position].numbers.insert(start / length).inserted { windowCount += 1 }
        } else if windows.count < limits.windowSizesWantedByPeer {
            windows.append(Windows(length: length, numbers: [start / length]))
            windowCount += 1
        } else {
            wantsEverything = true
        }
        return true
    }

    /// Forgets a want. "Everything" is never taken back.
    mutating func remove(start: UInt64, length: UInt64, any: Bool) {
        if any {
            guard let position = anyRanges.firstIndex(of: start..<start &+ length) else { return }
            anyRanges.swapAt(position, anyRanges.count - 1)
            anyRanges.removeLast()
            return
        }
        guard Self.isWindow(start: start, length: length),
            let position = windows.firstIndex(where: { $0.length == length }),
            windows[position].numbers.remove(start / length) != nil
        else { return }
        windowCount -= 1
        if windows[position].numbers.isEmpty { windows.remove(at: position) }
    }

    /// Whether the peer wants to know of a part of `range`, which is not empty.
    func overlaps(_ range: Range<UInt64>) -> Bool {
        if wantsEverything || anyRanges.contains(where: { $0.overlaps(range) }) { return true }
        return windows.contains { windows in
            let numbers = range.lowerBound / windows.length...(range.upperBound - 1) / windows.length
            // A range over more windows than are wanted is rare; then it is cheaper to look at those.
            return numbers.upperBound - numbers.lowerBound < 4
                ? numbers.contains { windows.numbers.contains($0) }
                : windows.numbers.contains { numbers.contains($0) }
        }
    }

    /// A power of two between the bounds, at a multiple of itself.
    private static func isWindow(start: UInt64, length: UInt64) -> Bool {
        (shortestWindow...longestWindow).contains(length) && length & (length - 1) == 0 && start & (length - 1) == 0
    }
}
