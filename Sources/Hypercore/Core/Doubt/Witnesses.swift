import Crypto
import Replication

/// Which peers can confirm how long a log is: those that have it from elsewhere.
///
/// A peer that was behind has what it has from us, and proves nothing by having it. So only the first thing counts that
/// a peer says on a channel, before we could send it anything; and not even that from a peer who was behind on an
/// earlier channel. Peers that take a new key for each connection slip through the latter.
struct Witnesses: Sendable {
    /// How many peers that were behind are remembered. Past them nobody is believed, until the core is opened again.
    static let rememberedLimit = 4096

    private var heard: Set<PeerID> = []
    private var behind: Set<PublicKey> = []
    private var isFull = false

    /// Takes note of the length that a peer names.
    ///
    /// - Returns: whether that confirms the log of `length` blocks. An empty log is confirmed by nobody: it is what peers
    ///   have who know nothing.
    mutating func hear(_ sync: SyncMessage, from peer: PeerID, _ key: PublicKey, fork: UInt64, length: UInt64) -> Bool {
        let isFirst = heard.insert(peer).inserted
        if sync.fork < fork || sync.fork == fork && sync.length < length { remember(key) }
        return isFirst && length > 0 && sync.fork == fork && sync.length == length && !isFull && !behind.contains(key)
    }

    /// Forgets a channel that is closed.
    mutating func forget(_ peer: PeerID) {
        heard.remove(peer)
    }

    private mutating func remember(_ key: PublicKey) {
        guard behind.count < Self.rememberedLimit || behind.contains(key) else { return isFull = true }
        behind.insert(key)
    }
}
