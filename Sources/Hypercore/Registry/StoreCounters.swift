import Replication
import Synchronization

/// What has happened in all logs of a store since it was opened, those that are closed again included.
public struct StoreCounters: Hashable, Sendable {
    /// Committed changes that appended to a log; an atomic batch counts once for each of its logs.
    public internal(set) var appends: UInt64 = 0
    /// Blocks that were appended here.
    public internal(set) var blocksAppended: UInt64 = 0
    /// Blocks that came from peers, were verified and stored.
    public internal(set) var blocksDownloaded: UInt64 = 0
    /// Bytes of these blocks.
    public internal(set) var bytesDownloaded: UInt64 = 0
    /// Blocks that were sent to peers.
    public internal(set) var blocksUploaded: UInt64 = 0
    /// Bytes of these blocks.
    public internal(set) var bytesUploaded: UInt64 = 0
    /// Times that a peer sent what did not verify.
    public internal(set) var invalidData: UInt64 = 0
    /// Times that a peer let the time for an answer pass.
    public internal(set) var timeouts: UInt64 = 0
    /// How many peers the logs have right now: a peer with three logs counts three times.
    public internal(set) var peerCount = 0

    /// Before anything has happened.
    public init() {}
}

extension CoreRegistry {
    /// What has happened in all logs. Costs the same however many there are.
    public var counters: StoreCounters { tally.counters }
}

/// Counts for all logs of a store, from any thread.
final class StoreTally: Sendable {
    private let appends = Atomic<UInt64>(0)
    private let blocksAppended = Atomic<UInt64>(0)
    private let blocksDownloaded = Atomic<UInt64>(0)
    private let bytesDownloaded = Atomic<UInt64>(0)
    private let blocksUploaded = Atomic<UInt64>(0)
    private let bytesUploaded = Atomic<UInt64>(0)
    private let invalidData = Atomic<UInt64>(0)
    private let timeouts = Atomic<UInt64>(0)
    private let peerCount = Atomic(0)

    /// A change is committed, made of those of so many callers, that appended `blockCount` blocks.
    func appended(blockCount: Int, callerCount: Int) {
        guard blockCount > 0 else { return }
        appends.add(UInt64(callerCount), ordering: .relaxed)
        blocksAppended.add(UInt64(blockCount), ordering: .relaxed)
    }

    func count(_ event: ReplicationEvent) {
        switch event {
        case .downloaded(_, let byteCount):
            blocksDownloaded.add(1, ordering: .relaxed)
            bytesDownloaded.add(UInt64(byteCount), ordering: .relaxed)
        case .uploaded(_, let byteCount, _):
            blocksUploaded.add(1, ordering: .relaxed)
            bytesUploaded.add(UInt64(byteCount), ordering: .relaxed)
        case .invalidData: invalidData.add(1, ordering: .relaxed)
        case .timedOut: timeouts.add(1, ordering: .relaxed)
        case .forkIgnored, .invalidRequest, .storageFailed: break
        }
    }

    /// Peers have come, or with a negative count have gone.
    func addPeers(_ count: Int) {
        peerCount.add(count, ordering: .relaxed)
    }

    var counters: StoreCounters {
        var counters = StoreCounters()
        counters.appends = appends.load(ordering: .relaxed)
        counters.blocksAppended = blocksAppended.load(ordering: .relaxed)
        counters.blocksDownloaded = blocksDownloaded.load(ordering: .relaxed)
        counters.bytesDownloaded = bytesDownloaded.load(ordering: .relaxed)
        counters.blocksUploaded = blocksUploaded.load(ordering: .relaxed)
        counters.bytesUploaded = bytesUploaded.load(ordering: .relaxed)
        counters.invalidData = invalidData.load(ordering: .relaxed)
        counters.timeouts = timeouts.load(ordering: .relaxed)
        counters.peerCount = peerCount.load(ordering: .relaxed)
        return counters
    }
}
