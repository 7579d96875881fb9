/// What space a record takes on LMDB's pages (0.9), and when a shorter value saves any of it.
///
/// A node is eight bytes, the key and the stored value. Two must fit on a page; one that is too large for that leaves
/// its value on pages of its own, whole ones, with one header of 16 bytes, and keeps eight bytes to find them. With
/// pages of 4 KiB and keys of 16 bytes:
///
/// ```text
/// stored value     takes
/// up to 2,014      as many bytes of a leaf, shared with other records
/// up to 4,080      a page
/// up to 8,176      two pages, and so on
/// ```
///
/// So a value of 5,000 bytes that shrinks to 4,200 saves nothing, and one of 4,100 that shrinks to 4,000 half.
struct RecordPages {
    private static let pageHeaderByteCount = 16
    private static let nodeHeaderByteCount = 8
    private static let minimumNodeCount = 2
    private static let indexByteCount = 2

    private let pageByteCount: Int

    init(pageByteCount: Int) {
        self.pageByteCount = pageByteCount
    }

    /// The longest stored value that lies in a leaf, beside its key.
    func longestInLeaf(keyByteCount: Int) -> Int {
        let share = (pageByteCount - Self.pageHeaderByteCount) / Self.minimumNodeCount & ~1
        return share - Self.indexByteCount - Self.nodeHeaderByteCount - keyByteCount
    }

    /// The pages of its own that a stored value has; 0 for one in a leaf.
    func ownPageCount(storedByteCount: Int, keyByteCount: Int) -> Int {
        guard storedByteCount > longestInLeaf(keyByteCount: keyByteCount) else { return 0 }
        return (Self.pageHeaderByteCount - 1 + storedByteCount) / pageByteCount + 1
    }

    /// The longest stored value that takes less space than this one: fewer pages of its own, or fewer bytes of a leaf.
    func longestThatTakesLess(than storedByteCount: Int, keyByteCount: Int) -> Int {
        switch ownPageCount(storedByteCount: storedByteCount, keyByteCount: keyByteCount) {
        case 0: storedByteCount - 1
        case 1: longestInLeaf(keyByteCount: keyByteCount)
        case let count: (count - 1) * pageByteCount - Self.pageHeaderByteCount
        }
    }
}
