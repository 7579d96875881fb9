import Foundation
import StorageEngine
import Synchronization

/// An engine that takes note of who writes to it, and that may run every transaction twice, as one does whose file has to
/// grow in the middle of it.
final class WatchedEngine: StorageEngine {
    private let engine: any StorageEngine
    private let runsTwice = Atomic(false)
    private let writers = Mutex<[String]>([])

    init(_ engine: any StorageEngine) {
        self.engine = engine
    }

    /// The threads that wrote, one entry a transaction.
    var writingThreads: [String] { writers.withLock { $0 } }

    /// This thread, as ``writingThreads`` names it.
    static var currentThread: String { "\(pthread_self())" }

    /// Runs transactions twice from now on; what the first run did is undone.
    func runTwice() { runsTwice.store(true, ordering: .relaxed) }

    var maximumKeyLength: Int { engine.maximumKeyLength }
    var maximumTransactionByteCount: Int { engine.maximumTransactionByteCount }

    func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) { try engine.withSnapshot(body) }

    func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        writers.withLock { $0.append(Self.currentThread) }
        if runsTwice.load(ordering: .relaxed) {
            let full = StorageError(.full, "the map is full")
            do throws(StorageError) {
                try engine.write(durability: durability) { transaction throws(StorageError) in
                    try body(transaction)
                    throw full
                }
            } catch {
                guard error == full else { throw error }
            }
        }
        try engine.write(durability: durability, body)
    }

    func sync() throws(StorageError) { try engine.sync() }
    func close() throws(StorageError) { try engine.close() }
}
