import Foundation
import HypercoreStorage
import StorageEngine

/// An engine in memory whose writes stand still while it is told to. Only for stores of full durability, which write on a
/// thread of their own.
final class StallingEngine: StorageEngine {
    private let memory = MemoryEngine(tables: Schema.tables)
    private let gate = Gate()

    /// While it is shut, the thread that comes to it waits.
    ///
    /// `@unchecked Sendable`: `isShut` is touched only while the condition is locked.
    private final class Gate: @unchecked Sendable {
        private let condition = NSCondition()
        private var isShut = false

        func set(shut: Bool) {
            condition.withLock {
                isShut = shut
                condition.broadcast()
            }
        }

        func pass() {
            condition.withLock { while isShut { condition.wait() } }
        }
    }

    /// Stops writing, or goes on.
    func stall(_ isStalled: Bool) { gate.set(shut: isStalled) }

    var maximumKeyLength: Int { memory.maximumKeyLength }
    var maximumTransactionByteCount: Int { memory.maximumTransactionByteCount }

    func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) {
        try memory.withSnapshot(body)
    }

    func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        gate.pass()
        try memory.write(durability: durability, body)
    }

    func sync() throws(StorageError) { try memory.sync() }
    func close() throws(StorageError) { try memory.close() }
}
