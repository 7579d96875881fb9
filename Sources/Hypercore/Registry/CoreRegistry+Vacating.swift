import Crypto
import HypercoreStorage
import Synchronization

extension CoreRegistry {
    /// Sees to it that a name leads to the core of `discoveryKey` or nowhere.
    ///
    /// A log that has to go is gone, with a commit of its own, before the one that is asked for is made: a crash in between
    /// leaves the name free.
    ///
    /// - Parameter force: whether another log that the name leads to is removed.
    /// - Throws: `.anotherCore`, `.inUse`, `.notWritable` in a read-only store.
    func vacate(_ alias: Alias, for discoveryKey: DiscoveryKey, force: Bool) async throws {
        guard let other = try directory.resolve(alias), other != discoveryKey else { return }
        guard force else {
            throw HypercoreError(
                .anotherCore, key: try directory.find(other).map { try directory.identity(of: $0).key },
                "the name \"\(String(decoding: alias.name, as: UTF8.self))\" leads to another log in this store")
        }
        await waitForRemoval(of: other)
        // Not announced, or peers would open a log that is about to go.
        guard let core = try retainStored(other) else { return }
        defer { release(core) }
        guard state.withLock({ $0.cores[other]?.holders }) == 1 else {
            throw HypercoreError.inUse(core.key, "removed")
        }
        try await purge(core)
    }
}
