import MerkleTree

/// How far a range is fetched.
public struct DownloadProgress: Hashable, Sendable {
    /// Blocks of it that are stored.
    public var stored: UInt64
    /// Blocks that there are in it; for one without an end, as far as the log goes by now.
    public var total: UInt64
}

extension Replicator {
    /// How far a range is fetched; `nil` for what is no range, or has ended.
    ///
    /// The first call counts what is stored, run by run; from then on what is stored is added up.
    public mutating func progress(of token: WantToken, log: some LogView & ~Escapable) -> DownloadProgress? {
        guard let position = wants.ranges.firstIndex(where: { $0.token == token }) else { return nil }
        let wanted = wants.ranges[position].range
        let length = log.head.tree.length
        let stored = wants.ranges[position].storedCount ?? wanted.countStored(in: log)
        wants.ranges[position].storedCount = stored
        let total = wanted.count ?? max(length, wanted.bounds.lowerBound) - wanted.bounds.lowerBound
        return DownloadProgress(stored: min(stored, total), total: total)
    }

    /// Adds up blocks that came to be stored and were not before.
    mutating func countProgress(_ blocks: [VerifiedBatch.Block]) {
        for position in wants.ranges.indices where wants.ranges[position].storedCount != nil {
            let range = wants.ranges[position].range
            let new = blocks.count { range.first(in: $0.index..<$0.index + 1) != nil }
            wants.ranges[position].storedCount? += UInt64(new)
        }
    }

    /// Lets what is stored be counted anew.
    mutating func recountProgress() {
        for position in wants.ranges.indices { wants.ranges[position].storedCount = nil }
    }
}

extension DownloadRange {
    fileprivate func countStored(in log: some LogView & ~Escapable) -> UInt64 {
        if let list { return UInt64(list.count { log.has($0) }) }
        var count: UInt64 = 0
        var rest = bounds.clamped(to: 0..<log.head.tree.length)
        while let start = log.firstStored(in: rest) {
            let end = log.firstMissing(in: start..<rest.upperBound) ?? rest.upperBound
            count += end - start
            rest = end..<rest.upperBound
        }
        return count
    }
}
