import HypercoreStorage

extension CoreRegistry {
    /// How many records are measured before other tasks get a turn.
    private static let measuringStep = 16_384

    /// What all logs of the store take.
    ///
    /// - Throws: `HypercoreError`: `.storage`, `.closed`; `CancellationError`.
    public func storageInfo() async throws -> StorageInfo {
        try await storageInfo(of: nil)
    }

    /// What one log, or all of them, takes: read in steps, so that it holds up nothing in a store of any size.
    func storageInfo(of core: StoredCore?) async throws -> StorageInfo {
        var info = StorageInfo()
        do {
            for part in CoreDirectory.MeasuredPart.allCases {
                var rest: CoreDirectory.MeasuredRange? = directory.range(of: part, core)
                while let range = rest {
                    try Task.checkCancellation()
                    let space = try directory.measure(range, limit: Self.measuringStep)
                    switch part {
                    case .blocks: info.blocks.add(space)
                    case .tree: info.tree.add(space)
                    case .bitfield, .records: info.other.add(space)
                    }
                    rest = range.rest(after: space)
                    await Task.yield()
                }
            }
        } catch {
            throw HypercoreError.translating(error, key: nil)
        }
        return info
    }
}

extension Hypercore {
    /// What the log takes in this store.
    ///
    /// It reads all of the log's keys, so it takes a while for a long log; nothing waits for it.
    ///
    /// - Throws: `HypercoreError`: `.closed`, `.storage`; `CancellationError`.
    public func storageInfo() async throws -> StorageInfo {
        try requireOpen()
        return try await core.registry.storageInfo(of: core.stored)
    }
}
