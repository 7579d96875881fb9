import HypercoreStorage

extension CoreRegistry {
    /// Settles the doubt that the store is in for all its logs: the user knows that nothing of them is missing.
    ///
    /// A log that a peer has shown to be written elsewhere stays stopped.
    ///
    /// - Throws: `HypercoreError`: `.notWritable` in a read-only store, `.closed`, `.storage`.
    public func trustHistory() async throws {
        do {
            guard let writer = directory.writer else {
                throw HypercoreError(.notWritable, key: nil, "the store was opened read-only")
            }
            try await directory.settleDoubt(with: writer)
        } catch {
            throw HypercoreError.translating(error, key: nil)
        }
        // A core that is opened from here on finds no doubt.
        for core in retainOpenCores() {
            core.doubtWasSettled()
            release(core)
        }
    }

    /// What is known of a core's history; of one that this store does not sign for, nothing has to be.
    func trust(_ record: TrustRecord, isFrozen: Bool = false, signs: Bool) -> HistoryTrust {
        signs
            ? HistoryTrust(record, doubt: directory.doubt, isFrozen: isFrozen) : HistoryTrust(isFrozen: isFrozen)
    }
}
