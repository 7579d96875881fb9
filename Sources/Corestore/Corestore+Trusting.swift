import Hypercore
import HypercoreStorage
public import StorageEngine

extension Corestore {
    /// Why the store may be older than what its logs have signed; `nil` where there is no such doubt, or it was settled
    /// for all of them.
    ///
    /// Each log is then appended to only when a peer that has it confirms its length (`Hypercore.appendingStop`),
    /// or the user says so: for one log with `Hypercore.trustHistory()`, for all with ``trustHistory()``. A log
    /// that is made meanwhile is in doubt as well, because one of its name may have been there before.
    public var historyDoubt: HistoryDoubt? { root.directory.doubt?.reason }

    /// Says that nothing is missing from the store, and that its original, if there is one, is not written to any more:
    /// its logs can be appended to.
    ///
    /// Holds until the store is in doubt again. A log that a peer has shown to be written elsewhere stays stopped. The same
    /// as opening the store with ``CorestoreOptions/trustsHistory``.
    ///
    /// - Throws: ``CorestoreError``: `.closed`, `.storage`, also for a store that was opened read-only.
    public func trustHistory() async throws {
        try requireOpen()
        do {
            try await root.registry.trustHistory()
        } catch {
            throw CorestoreError(error)
        }
    }
}
