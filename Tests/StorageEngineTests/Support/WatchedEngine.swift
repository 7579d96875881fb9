import Foundation
import StorageEngine
import Synchronization

/// A memory engine that notes on which threads it writes and syncs, and that can be made to wait in a write.
final class WatchedEngine: StorageEngine {
    private let engine: MemoryEngine
    private let threads = Mutex<(writes: [UInt], syncs: [UInt])>(([], []))
    private let gate = Gate()

    init(maximumTransactionByteCount: Int = 1 << 20) {
        engine = MemoryEngine(tables: [records], maximumTransactionByteCount: maximumTransactionByteCount)
    }

    var maximumKeyLength: Int { engine.maximumKeyLength }
    var maximumTransactionByteCount: Int { engine.maximumTransactionByteCount }

    /// The threads of all writes, in order.
    var writeThreads: [UInt] { threads.withLock { $0.writes } }
    var syncThreads: [UInt] { threads.withLock { $0.syncs } }

    static var currentThread: UInt {
        #if os(Linux)
        UInt(pthread_self())
        #else
        UInt(bitPattern: pthread_self())
        #endif
    }

    /// Makes the next write wait in its transaction until ``resume()``.
    func holdNextWrite() { gate.shut() }

    /// Returns when a write waits.
    func waitUntilHeld() async { await gate.waitUntilHeld() }

    func resume() { gate.open() }

    func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) { try engine.withSnapshot(body) }

    func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        threads.withLock { $0.writes.append(Self.currentThread) }
        gate.pass()
        try engine.write(durability: durability, body)
    }

    func sync() throws(StorageError) {
        threads.withLock { $0.syncs.append(Self.currentThread) }
        try engine.sync()
    }

    func close() throws(StorageError) { try engine.close() }
}

/// Holds one thread up. That thread must not be one of the concurrency runtime.
private final class Gate: Sendable {
    private let isShut = Mutex(false)
    private let opened = DispatchSemaphore(value: 0)
    private let held = AsyncStream<Void>.makeStream()

    func shut() { isShut.withLock { $0 = true } }

    func pass() {
        let waits = isShut.withLock { isShut in
            defer { isShut = false }
            return isShut
        }
        guard waits else { return }
        held.continuation.yield()
        opened.wait()
    }

    func waitUntilHeld() async {
        for await _ in held.stream { return }
    }

    func open() { opened.signal() }
}
