import Bitfield
import CompactEncoding
import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import Replication
import StorageEngine
import Synchronization

/// The one instance of a log that all its sessions and peers share.
///
/// Lock order: registry → core (`state`) → a stream's outbox. Under `state` nothing waits: no commit, no callback, no
/// read of unbounded length. What has to happen after the lock is released is collected in ``Aftermath``.
final class Core: Sendable {
    let key: CoreKey
    let discoveryKey: DiscoveryKey
    let stored: StoredCore
    let registry: CoreRegistry
    let hashing: any TreeHashing
    let events = EventHub()
    /// Through what the log is written; `nil` in a store that was opened read-only.
    let writer: GroupWriter?
    let state: Mutex<CoreState>

    init(identity: CoreIdentity, stored: StoredCore, signer: CoreSigner?, registry: CoreRegistry, state: consuming CoreState) {
        key = identity.key
        discoveryKey = identity.key.discoveryKey
        self.stored = stored
        self.registry = registry
        self.state = Mutex(state)
        hashing = registry.hashing
        writer = registry.directory.writer
    }
}

/// What a core knows and has under way; touched only under the core's lock.
struct CoreState: Sendable {
    /// The head that is on disk: all that readers and peers are shown.
    var durable: HeadRecord
    /// The head after everything that was queued. Appends chain on it; a failed commit sets it back to `durable`.
    var staged: HeadRecord
    /// Counts the times that `staged` was set back, so that an append can tell its own conflict from a foreign one.
    var stagingEpoch: UInt64 = 0
    /// Which blocks are here.
    var blocks: BlockPresence
    /// Who the core is, with its manifest once that is known.
    var identity: CoreIdentity
    /// The manifest, once it is known.
    var manifest: Manifest?
    /// What signs for this core; `nil` where it can only be read.
    var signer: CoreSigner?
    /// The replication protocol's state, and the streams that it talks over.
    var replicator: Replicator
    var peers: [PeerID: PeerChannel] = [:]
    /// Who waits for what.
    var waiters = WaiterTable()
    var isClosed = false
}

// MARK: - What the log is

extension Core {
    var durableHead: HeadRecord { state.withLock { $0.durable } }
    var contiguousLength: UInt64 { state.withLock { $0.blocks.contiguousLength } }
    var isWritable: Bool { writer != nil && state.withLock { $0.signer != nil } }
    var peerCount: Int { state.withLock { $0.peers.count } }
}
