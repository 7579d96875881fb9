/// How far the searches for something to ask of one peer have come.
///
/// Below a cursor this peer has nothing that is wanted and not already held or being asked. So a search never looks
/// twice at the same place, unless something happens there: the peer comes to have a block, a request comes to nothing,
/// a stored block is dropped. Then the cursors are lowered to it.
struct SearchCursors {
    /// The cursors for single blocks, one for each level of priority.
    var blocks = [UInt64](repeating: 0, count: PendingQueue.levelCount)
    /// The cursors for ranges; 0 for one that is not in it. Ranges are few, so that a list beats a dictionary.
    private var ranges: [(token: WantToken, cursor: UInt64)] = []
    /// Which of the ranges is looked through.
    var circle = RangeCircle()

    subscript(range token: WantToken) -> UInt64 {
        get { ranges.first { $0.token == token }?.cursor ?? 0 }
        set {
            if let position = ranges.firstIndex(where: { $0.token == token }) {
                ranges[position].cursor = newValue
            } else {
                ranges.append((token, newValue))
            }
        }
    }

    mutating func remove(range token: WantToken) {
        ranges.removeAll { $0.token == token }
        circle.beginAnew()
    }

    /// Looks for single blocks again from `block` on.
    mutating func lowerBlocks(to block: UInt64) {
        for level in blocks.indices { blocks[level] = min(blocks[level], block) }
    }

    /// Looks again from `block` on.
    mutating func lower(to block: UInt64) {
        lowerBlocks(to: block)
        circle.beginAnew()
        for position in ranges.indices {
            ranges[position].cursor = min(ranges[position].cursor, block)
        }
    }
}

/// A way around the ranges that are wanted, of which only some are looked through at a time.
///
/// It stays at a range for as long as there is something to ask. Once it has come around in vain it is over, until there is
/// something new.
struct RangeCircle {
    private var position = 0
    /// How many ranges in a row had nothing.
    private var inVain = 0
    /// What it goes over: so many ranges, up to this block.
    private var extent: (count: Int, end: UInt64) = (0, 0)

    /// Where it stands among `count` ranges that are looked through up to `end`; `nil` where it is over.
    mutating func position(of count: Int, end: UInt64) -> Int? {
        if extent != (count, end) {
            extent = (count, end)
            beginAnew()
        }
        guard inVain < count else { return nil }
        return position % count
    }

    /// The range at which it stands has nothing.
    mutating func goOn() {
        position = (position + 1) % max(extent.count, 1)
        inVain += 1
    }

    mutating func beginAnew() { inVain = 0 }
}
