import StorageEngine
import Synchronization

/// The stores that this process has open.
///
/// LMDB may not have one environment open twice in a process: closing either would drop the locks of both.
enum OpenStores {
    private static let identities = Mutex<Set<FileIdentity>>([])

    /// One store's entry; gone when nobody holds it any more.
    final class Entry: Sendable {
        private let identity: FileIdentity

        /// Enters the store in `directory`, or throws `.inUse`.
        init(_ directory: StoreDirectory) throws(StorageError) {
            let identity = directory.descriptor.identity
            // Thrown before the entry is complete: its `deinit` would take the other one's identity away.
            guard OpenStores.identities.withLock({ $0.insert(identity).inserted }) else {
                throw .openInThisProcess(directory.path)
            }
            self.identity = identity
        }

        deinit {
            OpenStores.identities.withLock { _ = $0.remove(identity) }
        }
    }
}

extension StorageError {
    fileprivate static func openInThisProcess(_ path: String) -> StorageError {
        StorageError(.inUse, "\(path) is open in this process already; use that instance, or close it first")
    }
}
