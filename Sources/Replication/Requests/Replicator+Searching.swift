import Bitfield
import MerkleTree

/// The search for blocks to ask of one peer in one turn.
struct BlockSearch {
    /// Blocks from here on cannot be asked of this peer now.
    let end: UInt64
    /// How many more places may be looked at.
    var steps: Int
    /// Blocks of the range `token` that can be asked, without looking again.
    fileprivate var run: (token: WantToken, blocks: Range<UInt64>)?

    init(end: UInt64, steps: Int) {
        self.end = end
        self.steps = steps
    }

    fileprivate mutating func nextOfRun() -> (token: WantToken, block: UInt64)? {
        guard steps > 0, let run, let block = run.blocks.first else { return nil }
        steps -= 1
        self.run?.blocks = block + 1..<run.blocks.upperBound
        return (run.token, block)
    }
}

extension Replicator {
    /// The length up to which a peer can be asked for blocks.
    ///
    /// Proofs of a peer that is shorter than us end at its own roots, so these must be known here (PROTOCOL §7).
    func askableLength(ofPeerAt position: Int, tree: TreeHead) -> UInt64 {
        guard let remote = peers.all[position].remote else { return 0 }
        return remote.length >= tree.length ? tree.length : min(remote.length, peers.all[position].provenLength)
    }

    /// The next single block that is wanted and that the peer has, the most urgent first.
    mutating func nextPending(
        _ search: inout BlockSearch, forPeerAt position: Int, into effects: inout Effects
    ) -> UInt64? {
        guard !wants.pending.isEmpty else { return nil }
        for level in (0..<PendingQueue.levelCount).reversed() {
            if let block = nextPending(&search, level: level, forPeerAt: position, into: &effects) { return block }
        }
        return nil
    }

    private mutating func nextPending(
        _ search: inout BlockSearch, level: Int, forPeerAt position: Int, into effects: inout Effects
    ) -> UInt64? {
        while search.steps > 0 {
            let cursor = peers.all[position].searches.blocks[level]
            guard cursor < search.end, let block = wants.pending.first(in: cursor..<search.end, level: level) else {
                peers.all[position].searches.blocks[level] = max(cursor, search.end)
                return nil
            }
            search.steps -= 1
            peers.all[position].searches.blocks[level] = block + 1
            if peers.all[position].haves[block] { return block }
            want(block, ofPeerAt: position, into: &effects)
        }
        return nil
    }

    /// The next block of any range that the peer has and that is neither held nor being asked.
    mutating func nextOfRanges(
        _ search: inout BlockSearch, forPeerAt position: Int, log: some LogView & ~Escapable,
        into effects: inout Effects
    ) -> UInt64? {
        if let (token, block) = search.nextOfRun() {
            peers.all[position].searches[range: token] = block + 1
            return block
        }
        let count = wants.ranges.count
        var looks = min(count, limits.rangesAtOnce)
        while let number = peers.all[position].searches.circle.position(of: count, end: search.end) {
            guard search.steps > 0, looks > 0 else {
                searchesAreCutShort = true
                return nil
            }
            looks -= 1
            let wanted = wants.ranges[number]
            if let block = next(of: wanted, &search, forPeerAt: position, log: log, into: &effects) { return block }
            // Out of steps it may have something all the same.
            if search.steps > 0 { peers.all[position].searches.circle.goOn() }
        }
        return nil
    }

    private mutating func next(
        of wanted: RangeWant, _ search: inout BlockSearch, forPeerAt position: Int,
        log: some LogView & ~Escapable, into effects: inout Effects
    ) -> UInt64? {
        let start = max(wanted.stored, peers.all[position].searches[range: wanted.token])
        let end = min(wanted.range.bounds.upperBound, search.end)
        guard start < end else { return nil }
        if wanted.range.order == .random {
            // A short look from a place at random; if there is nothing near, the cursor's place is as good as any.
            var look = FreeBlockSearch(
                rest: UInt64.random(in: start..<end, using: &generator)..<end, steps: min(search.steps, 16))
            if let block = look.next(of: wanted.range, log: log, claims: claims, haves: peers.all[position].haves) {
                return block
            }
        }
        var walk = FreeBlockSearch(rest: start..<end, steps: search.steps)
        let block = walk.next(of: wanted.range, log: log, claims: claims, haves: peers.all[position].haves)
        search.steps = walk.steps
        search.run = (wanted.token, walk.run)
        peers.all[position].searches[range: wanted.token] = walk.rest.lowerBound
        for block in walk.unknown {
            want(block, ofPeerAt: position, into: &effects)
        }
        return block
    }
}

/// A walk over a range, from one place to the next at which something can be asked.
private struct FreeBlockSearch {
    /// What is still to be looked at.
    var rest: Range<UInt64>
    /// How many more places may be looked at.
    var steps: Int
    /// Blocks that could be asked if the peer had them, one for each window in which it is not known to.
    var unknown: [UInt64] = []
    /// Blocks behind the one that was found that can be asked too.
    private(set) var run: Range<UInt64> = 0..<0

    /// How long a run is looked for.
    private static let longestRun: UInt64 = 256

    /// The next block of the range that is not stored, that nobody is being asked for, and that the peer has.
    mutating func next(
        of range: DownloadRange, log: some LogView & ~Escapable, claims: PagedBitfield, haves: RemoteBitfield
    ) -> UInt64? {
        let end = rest.upperBound
        while steps > 0, let wanted = range.first(in: rest) {
            steps -= 1
            let missing = log.firstMissing(in: wanted..<end) ?? end
            guard missing == wanted else {
                rest = missing..<end
                continue
            }
            guard !claims[wanted] else {
                rest = (claims.firstUnset(in: wanted..<end) ?? end)..<end
                continue
            }
            guard !haves[wanted] else {
                rest = wanted + 1..<end
                run = range.isRun ? freeRun(from: wanted + 1, log: log, claims: claims, haves: haves) : 0..<0
                return wanted
            }
            // On to the next that it has, but not past a window in which it can be asked what it has.
            unknown.append(wanted)
            let windowEnd = min(end, (wanted / WantedWindows.length + 1) * WantedWindows.length)
            rest = (haves.firstSet(in: wanted..<windowEnd) ?? windowEnd)..<end
        }
        if steps > 0 { rest = end..<end }
        return nil
    }

    /// The blocks from `start` on, one after the other, that are like the one before them.
    private func freeRun(
        from start: UInt64, log: some LogView & ~Escapable, claims: PagedBitfield, haves: RemoteBitfield
    ) -> Range<UInt64> {
        var run = start..<min(rest.upperBound, start + Self.longestRun)
        for end in [claims.firstSet(in: run), haves.firstUnset(in: run), log.firstStored(in: run)] {
            if let end, end < run.upperBound { run = start..<end }
        }
        return run
    }
}
