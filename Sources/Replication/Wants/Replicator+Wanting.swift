import Bitfield
import MerkleTree

extension Replicator {
    /// Asks for one block, before all ranges. Ends with ``WantOutcome/block(_:)``, or with ``WantOutcome/stored`` where
    /// the block came to be stored by other means.
    ///
    /// A block past the end waits for the log to grow.
    public mutating func get(
        _ block: UInt64, priority: RequestMessage.Priority = .explicitGet, log: some LogView & ~Escapable,
        into effects: inout Effects
    ) -> WantToken {
        let token = wants.add(.block(block))
        if wants.count > limits.wants || isFrozen {
            finish(token, .refused, into: &effects)
        } else if log.has(block) {
            finish(token, .stored, into: &effects)
        } else if let value = overlay.value(of: block) {
            finish(token, .block(value), into: &effects)
        } else if wants.blocks[block] != nil {
            wants.blocks[block]?.tokens.append(token)
            raise(block, to: priority)
        } else {
            wants.blocks[block] = BlockWant(tokens: [token], priority: priority)
            if !claims[block] { makePending(block) }
        }
        return token
    }

    /// Lets a block that ``get(_:priority:log:into:)`` asked for be asked before others. A request that is under way stays
    /// as it is, but is the first that another peer takes over if it is slow. A lower priority than it has is ignored, and
    /// so is a want of another kind.
    public mutating func raise(_ token: WantToken, to priority: RequestMessage.Priority) {
        if case .block(let block) = wants[token] { raise(block, to: priority) }
    }

    private mutating func raise(_ block: UInt64, to priority: RequestMessage.Priority) {
        guard let want = wants.blocks[block], priority > want.priority else { return }
        wants.blocks[block]?.priority = priority
        guard wants.pending.contains(block) else { return }
        wants.pending.remove(block)
        makePending(block)
    }

    /// Fetches a range of blocks, and keeps at it until they are stored: then it ends with ``WantOutcome/stored``.
    public mutating func download(
        _ range: DownloadRange, log: some LogView & ~Escapable, into effects: inout Effects
    ) -> WantToken {
        let token = wants.add(.range)
        guard wants.count <= limits.wants, !isFrozen else {
            finish(token, .refused, into: &effects)
            return token
        }
        wants.ranges.append(RangeWant(token: token, range: range, stored: range.bounds.lowerBound))
        finishStored(log: log, into: &effects)
        return token
    }

    /// Asks for a longer log. Ends with ``WantOutcome/updated(_:)``: true once the log has grown, false once no open peer
    /// has a longer one, unless it `waits`.
    ///
    /// While ``ReplicatorConfiguration/expectsPeers`` is set, it never ends with false.
    ///
    /// - Parameters:
    ///   - waits: whether it goes on when no peer has a longer log.
    ///   - fetchesLastBlock: whether the last block of the longer log is asked for in the same request, which saves
    ///     whoever only wants to know the latest state a round trip.
    ///   - effects: what is to be done is appended.
    public mutating func update(
        waits: Bool = false, fetchesLastBlock: Bool = false, into effects: inout Effects
    ) -> WantToken {
        let token = wants.add(.update)
        guard wants.count <= limits.wants, !isFrozen else {
            finish(token, .refused, into: &effects)
            return token
        }
        wants.updates.append(UpdateWant(token: token, waits: waits, fetchesLastBlock: fetchesLastBlock))
        return token
    }

    /// Looks for the block that holds a byte offset. Ends with ``WantOutcome/found(block:offset:)``, or with
    /// ``WantOutcome/unseekable`` where blocks are shorter than their padding; an offset past the end waits for the log to
    /// grow.
    ///
    /// - Parameters:
    ///   - bytes: the offset, from the start of the log.
    ///   - padding: the bytes of encryption padding in each block, which are not counted.
    ///   - effects: what is to be done is appended.
    public mutating func seek(
        toByte bytes: UInt64, padding: UInt64 = 0, into effects: inout Effects
    ) -> WantToken {
        let token = wants.add(.seek)
        guard wants.count <= limits.wants, !isFrozen else {
            finish(token, .refused, into: &effects)
            return token
        }
        wants.seeks.append(SeekWant(token: token, bytes: bytes, padding: padding))
        return token
    }

    /// Ends a want without an outcome. One that has ended is ignored.
    public mutating func cancel(_ token: WantToken, into effects: inout Effects) {
        switch wants.remove(token) {
        case .block(let block): cancel(token, for: block, into: &effects)
        case .node: wants.nodes.removeAll { $0.token == token }
        case .range: cancelRange(token, into: &effects)
        case .seek: wants.seeks.removeAll { $0.token == token }
        case .update: wants.updates.removeAll { $0.token == token }
        case nil: break
        }
    }
}

// MARK: - Ending

extension Replicator {
    mutating func finish(_ token: WantToken, _ outcome: WantOutcome, into effects: inout Effects) {
        guard wants.remove(token) != nil else { return }
        effects.append(.finished(token, outcome))
    }

    /// Ends the wants for a block.
    mutating func finishBlock(_ block: UInt64, _ outcome: WantOutcome, into effects: inout Effects) {
        guard !wants.blocks.isEmpty, let want = wants.blocks.removeValue(forKey: block) else { return }
        wants.pending.remove(block)
        for token in want.tokens {
            finish(token, outcome, into: &effects)
        }
    }

    /// Ends the ranges that are stored whole.
    mutating func finishStored(log: some LogView & ~Escapable, into effects: inout Effects) {
        var finished: [WantToken] = []
        for position in wants.ranges.indices where wants.ranges[position].isStored(log) {
            finished.append(wants.ranges[position].token)
        }
        for token in finished {
            removeRange(token)
            finish(token, .stored, into: &effects)
        }
    }

    /// Ends the wants for single blocks that came to be stored without having been asked.
    mutating func finishBlocks(in range: Range<UInt64>, log: some LogView & ~Escapable, into effects: inout Effects) {
        for block in wants.pending.all(in: range) where log.has(block) {
            finishBlock(block, .stored, into: &effects)
        }
    }

    /// Ends a range, and takes back what is under way for it alone.
    private mutating func cancelRange(_ token: WantToken, into effects: inout Effects) {
        guard let range = wants.ranges.first(where: { $0.token == token })?.range else { return }
        removeRange(token)
        for peer in peers.all.map(\.id) {
            let requests = peers.position(of: peer).map { Array(peers.all[$0].requests.all) } ?? []
            for block in requests.compactMap(\.message.parts.block?.index)
            where range.first(in: block..<block &+ 1) != nil {
                withdrawUnlessWanted(block, into: &effects)
            }
        }
    }

    private mutating func removeRange(_ token: WantToken) {
        wants.ranges.removeAll { $0.token == token }
        for position in peers.all.indices {
            peers.all[position].searches.remove(range: token)
        }
    }

    private mutating func cancel(_ token: WantToken, for block: UInt64, into effects: inout Effects) {
        guard var want = wants.blocks.removeValue(forKey: block) else { return }
        want.tokens.removeAll { $0 == token }
        guard want.tokens.isEmpty else {
            wants.blocks[block] = want
            return
        }
        wants.pending.remove(block)
        withdrawUnlessWanted(block, into: &effects)
    }
}

extension RangeWant {
    /// Whether every block of the range is stored; remembers how far that is so.
    mutating func isStored(_ log: some LogView & ~Escapable) -> Bool {
        let upperBound = range.bounds.upperBound
        while let wanted = range.first(in: min(stored, upperBound)..<upperBound) {
            guard let missing = log.firstMissing(in: wanted..<upperBound) else { break }
            if missing == wanted {
                stored = missing
                return false
            }
            stored = missing
        }
        stored = upperBound
        return !range.isLive
    }
}
