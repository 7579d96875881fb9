/// The windows in which we asked one peer to tell what it has (PROTOCOL §7, Wants).
///
/// A window once wanted is kept: the peer goes on telling what it gets there. Only where there are as many as a peer
/// remembers, the oldest is given up for the next.
struct WantedWindows {
    /// The compatible window, in blocks.
    static let length: UInt64 = 2_097_152

    private var wanted: Set<UInt64> = []
    private var oldest = FIFO<UInt64>()

    var count: Int { wanted.count }

    /// What has to be sent to want one more window.
    struct Change {
        let want: UInt64
        let unwant: UInt64?
    }

    /// Wants the window that holds `block`; `nil` if it is wanted already.
    mutating func want(_ block: UInt64, limit: Int) -> Change? {
        let window = block / Self.length
        guard wanted.insert(window).inserted else { return nil }
        oldest.append(window)
        var dropped: UInt64?
        if wanted.count > limit, let first = oldest.popFirst() {
            wanted.remove(first)
            dropped = first * Self.length
        }
        return Change(want: window * Self.length, unwant: dropped)
    }

    /// Forgets the windows that reach past `block`, so that they can be wanted again.
    mutating func forget(from block: UInt64) {
        let first = block / Self.length
        guard wanted.contains(where: { $0 >= first }) else { return }
        wanted = wanted.filter { $0 < first }
        oldest.removeAll { $0 >= first }
    }
}
