public import Crypto
import HypercoreStorage
import MerkleTree
import Replication
import Synchronization

/// What is known of a log, all of it at one moment.
public struct CoreInfo: Hashable, Sendable {
    /// The log's key.
    public let key: CoreKey
    /// What the log is announced and found by.
    public let discoveryKey: DiscoveryKey
    /// How many blocks the session shows.
    public let length: UInt64
    /// How many of them a signature stands for that is on disk.
    public let signedLength: UInt64
    /// How often the log was truncated.
    public let fork: UInt64
    /// The bytes of all blocks as they were appended, without ``paddingByteCount`` bytes of each.
    public let byteLength: UInt64
    /// The bytes of all blocks as they are hashed and replicated, whether they are here or not.
    public let storedByteLength: UInt64
    /// What the session's encryption adds to every block, in bytes.
    public let paddingByteCount: Int
    /// How many blocks from the first on are here without a gap.
    public let contiguousLength: UInt64
    /// How many blocks from the first on one peer has, or had while the log was open here, without a gap.
    public let remoteContiguousLength: UInt64
    /// How many peers replicate the log with us.
    public let peerCount: Int
}

extension Hypercore {
    /// What is known of the log, all of it at one moment: the single properties may each see another one.
    ///
    /// It reads nothing from the store. What the log takes there is counted by ``storageInfo()``.
    ///
    /// - Throws: `.closed`.
    public func info() throws -> CoreInfo {
        try requireOpen()
        let padding = paddingByteCount
        return core.state.withLock { state in
            let head = headBesideTheLog(view) ?? state.durable
            let signedLength = signedLength(of: head, in: state)
            return CoreInfo(
                key: core.key, discoveryKey: core.discoveryKey, length: head.length, signedLength: signedLength,
                fork: head.fork, byteLength: head.byteLength(withoutPadding: padding),
                storedByteLength: head.tree.byteLength, paddingByteCount: padding,
                contiguousLength: branch != nil
                    ? core.contiguousLength(ofBranch: head, in: state)
                    : min(state.blocks.contiguousLength(of: state.durable.length), head.length),
                remoteContiguousLength: min(state.remoteContiguousLength, signedLength),
                peerCount: state.peers.count)
        }
    }

    /// How many blocks from the first on one peer has, or had while the log was open here, without a gap: what is not lost
    /// with this store.
    public var remoteContiguousLength: UInt64 {
        core.state.withLock { state in
            min(state.remoteContiguousLength, signedLength(of: headBesideTheLog(view) ?? state.durable, in: state))
        }
    }

    /// How many blocks of `head` are signed: of a branch, and of a snapshot of one, those that it shares with the log.
    private func signedLength(of head: HeadRecord, in state: borrowing CoreState) -> UInt64 {
        guard branch != nil || view?.isOfBranch == true else { return head.length }
        return min(head.spans.sharedLength(with: state.durable.spans), state.durable.length, head.length)
    }
}

extension CoreState {
    /// Takes over what peers have told, and what became of the log.
    ///
    /// Peers that leave are remembered: what they have is still elsewhere. But a truncation makes other blocks of it.
    mutating func noteRemoteLength(_ events: inout [CoreEvent]) {
        let before = remoteContiguousLength
        for case .truncated(let length, _) in events { remoteContiguousLength = min(remoteContiguousLength, length) }
        let told = machine?.replicator.remoteContiguousLength(ofFork: durable.fork) ?? 0
        remoteContiguousLength = max(remoteContiguousLength, min(told, durable.length))
        guard remoteContiguousLength != before else { return }
        events.append(.remoteContiguousLengthChanged(remoteContiguousLength))
    }
}
