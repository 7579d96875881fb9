import Bitfield
import MerkleTree

// Who is told what we have, and when (PROTOCOL §7, Announcing).

extension Replicator {
    /// Blocks this close to the end are announced to everybody.
    private static var announcedTail: UInt64 { 256 }

    /// Tells a new peer what we have, if that can be said in one range.
    mutating func announceOnOpening(
        toPeerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        let length = log.head.tree.length
        let contiguous = log.contiguousLength
        guard contiguous > 0, contiguous == length || length <= Self.announcedTail else { return }
        send(0..<contiguous, toPeerAt: position, into: &effects)
        if contiguous == length { peers.all[position].announcedLength = length }
    }

    /// Announces a run of new blocks.
    mutating func announce(_ run: Range<UInt64>, log: some LogView & ~Escapable, into effects: inout Effects) {
        if run.isEmpty || announcePrefix(log: log, into: &effects) { return }
        for position in peers.all.indices where isNews(run, toPeerAt: position, length: log.head.tree.length) {
            send(run, toPeerAt: position, into: &effects)
        }
    }

    /// Announces new blocks, given in ascending order.
    mutating func announce(_ blocks: [UInt64], log: some LogView & ~Escapable, into effects: inout Effects) {
        guard var run = blocks.first.map({ $0..<$0 + 1 }), !announcePrefix(log: log, into: &effects) else { return }
        for block in blocks.dropFirst() {
            if block > run.upperBound {
                announce(run, log: log, into: &effects)
                run = block..<block + 1
            } else {
                run = run.lowerBound..<block + 1
            }
        }
        announce(run, log: log, into: &effects)
    }

    /// Announces blocks that were dropped.
    mutating func announceDrop(_ run: Range<UInt64>, into effects: inout Effects) {
        guard !run.isEmpty else { return }
        let message = RangeMessage(isDrop: true, start: run.lowerBound, length: run.upperBound - run.lowerBound)
        for position in peers.all.indices {
            peers.all[position].announcedLength = min(peers.all[position].announcedLength, run.lowerBound)
            effects.send(.range(message), to: peers.all[position].id)
        }
    }

    /// Announces the whole log where it has no gap. Returns whether it has none.
    private mutating func announcePrefix(log: some LogView & ~Escapable, into effects: inout Effects) -> Bool {
        let length = log.head.tree.length
        guard log.contiguousLength == length else { return false }
        for position in peers.all.indices where peers.all[position].announcedLength < length {
            peers.all[position].announcedLength = length
            send(0..<length, toPeerAt: position, into: &effects)
        }
        return true
    }

    /// Whether a peer may want to know of these blocks and does not have them all itself.
    private func isNews(_ run: Range<UInt64>, toPeerAt position: Int, length: UInt64) -> Bool {
        let isNearEnd = run.lowerBound + Self.announcedTail >= length
        guard isNearEnd || peers.all[position].wants.overlaps(run) else { return false }
        return run.upperBound > peers.all[position].haves.contiguousLength && !peers.all[position].haves.contains(run)
    }

    private mutating func send(_ run: Range<UInt64>, toPeerAt position: Int, into effects: inout Effects) {
        let message = RangeMessage(start: run.lowerBound, length: run.upperBound - run.lowerBound)
        effects.send(.range(message), to: peers.all[position].id)
    }
}

// MARK: - Wants of a peer

extension Replicator {
    /// Answers a want: at once where a range says it, and with the window's bits once the peer's stream is drained.
    mutating func receive(
        _ want: WantMessage, fromPeerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects
    ) {
        let isAnswered = peers.all[position].wants.add(
            start: want.start, length: want.length, any: want.isAny, limits: limits)
        guard isAnswered else { return }
        let length = log.head.tree.length
        let contiguous = log.contiguousLength
        let end = want.start &+ want.length
        if end < contiguous || contiguous == length || want.isAny && want.start < contiguous {
            send(0..<contiguous, toPeerAt: position, into: &effects)
        } else if want.start >= length {
            return
        } else if want.isAny {
            if let block = log.firstStored(in: want.start..<min(end, length)) {
                send(block..<block + 1, toPeerAt: position, into: &effects)
            }
        } else if peers.all[position].windowsToAnswer.count < limits.windowsToAnswer {
            peers.all[position].windowsToAnswer.append(want.start..<min(end, length))
            peers.all[position].announcesAnswers = true
        }
    }

    /// Sends the bits of the next window that a peer asked about.
    mutating func answerWindow(toPeerAt position: Int, log: some LogView & ~Escapable, into effects: inout Effects) {
        guard let window = peers.all[position].windowsToAnswer.popFirst() else { return }
        let start = window.lowerBound & ~31
        let end = min(window.upperBound, log.head.tree.length)
        guard start < end else { return }
        let count = min((end - start + 31) / 32, UInt64(MessageLimits.bitfieldWords))
        let words = log.storedWords(from: start, count: Int(count))
        effects.send(.bitfield(BitfieldMessage(start: start, words: words)), to: peers.all[position].id)
    }
}
