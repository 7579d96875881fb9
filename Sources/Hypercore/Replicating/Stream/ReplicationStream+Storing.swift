import HypercoreStorage
import StorageEngine
import Synchronization

/// What a transport asks so as not to read faster than the store writes.
///
/// A log asks its peers for no more than it may hold unstored (`ReplicationLimits.uncommittedBytes`), but a stream carries any
/// number of logs. So whoever carries the stream stops reading while too much waits, and the other side's writes pile up on
/// the other side.
extension ReplicationStream {
    /// Bytes that wait to be written in the store that the stream replicates, whatever brought them; 0 where it replicates
    /// none.
    public var unstoredByteCount: Int { writer?.queuedByteCount ?? 0 }

    /// Returns once less than `byteCount` bytes wait to be written, or there is nothing to wait for any more, because the
    /// store is closed or the task cancelled.
    ///
    /// - Precondition: `byteCount` is positive. More than the store holds at most is taken for that.
    public func waitUntilStored(below byteCount: Int) async {
        precondition(byteCount > 0, "there are never less than \(byteCount) bytes to be written")
        guard let writer else { return }
        // Room that is given back at once: there is some as soon as what is waited for is so.
        let room = max(writer.maximumQueuedByteCount - byteCount + 1, 1)
        _ = try? await writer.room(for: min(room, writer.engine.maximumTransactionByteCount))
    }

    private var writer: GroupWriter? { state.withLock { $0.cores.provider }?.registry.directory.writer }
}
