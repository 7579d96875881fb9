import Replication

/// What a log has exchanged with its peers since it was opened here.
public struct TransferCounts: Hashable, Sendable {
    /// Blocks that came from peers, were verified and stored.
    public internal(set) var downloadedBlocks: UInt64 = 0
    /// The bytes of these blocks.
    public internal(set) var downloadedBytes: UInt64 = 0
    /// Blocks that were sent to peers.
    public internal(set) var uploadedBlocks: UInt64 = 0
    /// The bytes of these blocks.
    public internal(set) var uploadedBytes: UInt64 = 0

    /// Counts what the event is about.
    mutating func count(_ event: ReplicationEvent) {
        switch event {
        case .downloaded(_, let byteCount):
            downloadedBlocks += 1
            downloadedBytes += UInt64(byteCount)
        case .uploaded(_, let byteCount, _):
            uploadedBlocks += 1
            uploadedBytes += UInt64(byteCount)
        case .forkIgnored, .invalidData, .invalidRequest, .storageFailed, .timedOut:
            break
        }
    }
}
