import Bitfield

// What peers say that they have (PROTOCOL §7, What a peer has). What cannot be or takes too much memory is forgotten.

extension Replicator {
    /// Takes note of a run of blocks that a peer has or has dropped.
    mutating func receive(_ range: RangeMessage, fromPeerAt position: Int) {
        if range.isDrop {
            try? peers.all[position].haves.drop(start: range.start, length: range.length)
            // What lies past a drop is unknown, so it has to be asked about again.
            peers.all[position].windows.forget(from: range.start)
            peers.all[position].searches.lower(to: range.start)
            return
        }
        let known = peers.all[position].haves.contiguousLength
        guard (try? peers.all[position].haves.have(start: range.start, length: range.length)) != nil else { return }
        let isNews = range.start > 0 || range.length > known
        if isNews { lookForHotSwaps() }
        if isNews { peers.all[position].searches.lower(to: range.start == 0 ? known : range.start) }
    }

    /// Takes note of the bits of a window.
    mutating func receive(_ bitfield: BitfieldMessage, fromPeerAt position: Int) {
        guard (try? peers.all[position].haves.load(bitfield.words, at: bitfield.start)) != nil else { return }
        peers.all[position].searches.lower(to: bitfield.start)
        lookForHotSwaps()
    }

    /// Asks a peer what it has around `block`, unless it was asked already.
    mutating func want(_ block: UInt64, ofPeerAt position: Int, into effects: inout Effects) {
        guard let change = peers.all[position].windows.want(block, limit: limits.windowsWanted) else { return }
        let id = peers.all[position].id
        let length = WantedWindows.length
        if let unwant = change.unwant { effects.send(.unwant(WantMessage(start: unwant, length: length)), to: id) }
        effects.send(.want(WantMessage(start: change.want, length: length)), to: id)
    }
}
