import Crypto
import HypercoreStorage
import Replication

/// Which peers can confirm how long a log of a doubtful store is: those that have it from elsewhere.
///
/// A peer that was behind has what it has from us, and proves nothing by having it. So those are remembered, by the key
/// of their stream, for as long as the store is open: logs are opened and closed as peers come and go. A peer that takes
/// a new key for each connection, or that was behind before the store was opened again, slips through.
struct Witnesses: Sendable {
    private struct Reader: Hashable {
        let core: CoreNumber
        let key: PublicKey
    }

    private let limit: Int
    private var behind: Set<Reader> = []
    private var isFull = false

    /// - Parameter limit: how many peers that were behind are remembered, each once for each log. Past them nobody is
    ///   believed any more.
    init(limit: Int = 16_384) {
        self.limit = limit
    }

    /// Takes note of the length that a peer names.
    ///
    /// - Returns: whether that confirms the log of `length` blocks. An empty log is confirmed by nobody: it is what peers
    ///   have who know nothing.
    mutating func hear(_ sync: SyncMessage, from key: PublicKey, of core: CoreNumber, fork: UInt64, length: UInt64)
        -> Bool
    {
        let reader = Reader(core: core, key: key)
        if sync.fork < fork || sync.fork == fork && sync.length < length {
            if behind.count < limit { behind.insert(reader) } else { isFull = isFull || !behind.contains(reader) }
        }
        return length > 0 && sync.fork == fork && sync.length == length && !isFull && !behind.contains(reader)
    }
}
