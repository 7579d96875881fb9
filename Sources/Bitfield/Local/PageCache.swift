/// The pages of a ``LocalBitfield`` in memory: copies of stored ones, as many as its bound allows, and all that have
/// changed since they were stored.
struct PageCache: Sendable {
    struct Entry: Sendable {
        /// `nil` where no page is stored: that is worth remembering too.
        var page: BitfieldPage?
        /// The revision of the latest change that is not stored, or 0.
        var changedAt: UInt64 = 0
        fileprivate var lastUse: UInt64
    }

    private var entries: [UInt64: Entry] = [:]
    /// The pages whose `changedAt` is not 0, ascending.
    private var changed: [UInt64] = []
    private var clock: UInt64 = 0
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// How many pages are held.
    var count: Int { entries.count }
    /// How many of them have changed since they were stored.
    var changedCount: Int { changed.count }

    /// What is known of page `index`: an entry, or nothing.
    mutating func entry(_ index: UInt64) -> Entry? {
        guard let position = entries.index(forKey: index) else { return nil }
        clock += 1
        entries.values[position].lastUse = clock
        return entries.values[position]
    }

    /// Keeps what a read has found, and lets the page go that has not been used for the longest time.
    mutating func keep(_ page: BitfieldPage?, at index: UInt64) {
        clock += 1
        entries[index] = Entry(page: page, lastUse: clock)
        evict()
    }

    /// Keeps a changed page until it is stored.
    mutating func change(_ index: UInt64, to page: BitfieldPage?, revision: UInt64) {
        clock += 1
        entries[index] = Entry(page: page, changedAt: revision, lastUse: clock)
        let position = changedPosition(from: index)
        if position == changed.count || changed[position] != index { changed.insert(index, at: position) }
    }

    /// Lets go of changes up to `revision`: they are stored.
    mutating func stored(upTo revision: UInt64) {
        changed.removeAll { index in
            guard let entry = entries[index], entry.changedAt > revision else {
                entries[index]?.changedAt = 0
                return true
            }
            return false
        }
        evict()
    }

    /// The changes made after `revision`, ascending by page.
    func changes(since revision: UInt64) -> [(index: UInt64, page: BitfieldPage?)] {
        changed.compactMap { index in
            guard let entry = entries[index], entry.changedAt > revision else { return nil }
            return (index, entry.page)
        }
    }

    /// The lowest changed page from `index` on.
    func firstChanged(from index: UInt64) -> UInt64? {
        let position = changedPosition(from: index)
        return position < changed.count ? changed[position] : nil
    }

    /// The highest changed page below `index`.
    func lastChanged(before index: UInt64) -> UInt64? {
        let position = changedPosition(from: index)
        return position > 0 ? changed[position - 1] : nil
    }

    private func changedPosition(from index: UInt64) -> Int {
        var low = 0
        var high = changed.count
        while low < high {
            let middle = low + (high - low) / 2
            if changed[middle] < index { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func evict() {
        while entries.count - changed.count > limit {
            let idle = entries.lazy.filter { $0.value.changedAt == 0 }.min { $0.value.lastUse < $1.value.lastUse }
            guard let idle else { return }
            entries[idle.key] = nil
        }
    }
}
