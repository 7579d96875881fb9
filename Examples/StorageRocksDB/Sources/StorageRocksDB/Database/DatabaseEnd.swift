import Dispatch
import StorageEngine
import Synchronization

/// The end of a database, for one thread to wait for that does not hold it.
final class DatabaseEnd: Sendable {
    private let failure = Mutex<StorageError?>(nil)
    private let hasCome = DispatchSemaphore(value: 0)

    /// The database is closed. `failure` is what kept its log from the disk.
    func come(_ failure: StorageError?) {
        self.failure.withLock { $0 = failure }
        hasCome.signal()
    }

    /// Blocks until the database is closed.
    func wait() throws(StorageError) {
        hasCome.wait()
        if let failure = failure.withLock({ $0 }) { throw failure }
    }
}
