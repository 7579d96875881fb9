import Foundation
import StorageEngine
import Synchronization

/// An engine whose commits can be held up. The thread that commits waits, so it must not be one of the concurrency
/// runtime: use it with `.full` durability.
final class GatedEngine: StorageEngine {
    private struct State {
        var isShut = false
        var isHolding = false
        var observers: [CheckedContinuation<Void, Never>] = []
    }

    private let engine: any StorageEngine
    private let state = Mutex(State())
    private let opened = DispatchSemaphore(value: 0)

    init(_ engine: any StorageEngine) {
        self.engine = engine
    }

    var maximumKeyLength: Int { engine.maximumKeyLength }
    var maximumTransactionByteCount: Int { engine.maximumTransactionByteCount }

    /// Makes the next commit wait until ``open()``.
    func shut() { state.withLock { $0.isShut = true } }

    /// Lets everything pass.
    func open() {
        let wasHolding = state.withLock { state in
            defer { (state.isShut, state.isHolding) = (false, false) }
            return state.isHolding
        }
        if wasHolding { opened.signal() }
    }

    /// Returns when a commit waits.
    func waitUntilHolding() async {
        await withCheckedContinuation { continuation in
            let isHolding = state.withLock { state in
                if !state.isHolding { state.observers.append(continuation) }
                return state.isHolding
            }
            if isHolding { continuation.resume() }
        }
    }

    private func pass() {
        let observers = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            guard state.isShut else { return nil }
            state.isHolding = true
            defer { state.observers = [] }
            return state.observers
        }
        guard let observers else { return }
        for observer in observers { observer.resume() }
        opened.wait()
    }

    func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) { try engine.withSnapshot(body) }

    func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        pass()
        try engine.write(durability: durability, body)
    }

    func sync() throws(StorageError) { try engine.sync() }
    func close() throws(StorageError) { try engine.close() }
}
