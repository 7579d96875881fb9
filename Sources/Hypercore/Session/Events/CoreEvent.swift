public import Crypto

/// Something that happened to a log.
///
/// What one change does is told in the order in which it was done: a log that is truncated and appended to in one batch
/// tells first ``truncated(length:fork:)`` and then ``appended(length:)``.
public enum CoreEvent: Hashable, Sendable {
    /// The log grew to this length: appended here, or learnt from a peer.
    case appended(length: UInt64)
    /// The log was cut to this length and began this fork.
    case truncated(length: UInt64, fork: UInt64)
    /// The content of these blocks was forgotten here, if it was here.
    case cleared(Range<UInt64>)
    /// A block came from a peer and was stored.
    case downloaded(index: UInt64, byteCount: Int)
    /// A block was sent to a peer.
    case uploaded(index: UInt64, byteCount: Int)
    /// A peer began to replicate the log.
    case peerAdded
    /// A peer stopped replicating the log.
    case peerRemoved
    /// A peer of this key was offered the log and does not want it: most often it does not have it.
    case peerRefused(PublicKey)
    /// A peer has this many blocks from the first on, more than any before it; fewer only after a truncation. See
    /// ``CoreInfo/remoteContiguousLength``.
    case remoteContiguousLengthChanged(UInt64)
    /// The log is not appended to any more, for this reason.
    case appendingStopped(AppendingStop)
    /// What had stopped appending is over.
    case appendingResumed
    /// A peer sent something that does not verify, or too much of what is of no use. It is asked no more, unless it shows
    /// that it has the same history.
    case invalidData(from: PublicKey, reason: String)
    /// A peer did not answer in time what it was asked, which is now asked of others.
    case peerTimedOut(PublicKey)
    /// A peer has a history of this higher fork, which is not followed; see ``ReplicationPolicy/followsForks``.
    case forkIgnored(fork: UInt64, from: PublicKey)
    /// Two signed histories of the log exist, and it is frozen for good: the last event. See ``Hypercore/conflict()``.
    case conflict(ConflictProof)
    /// The log was removed from the store: the last event.
    case purged
    /// So many events came before the next one and were not taken in time, so they are lost to this subscriber: look at
    /// the log itself.
    case missed(Int)
}
