import HypercoreStorage
import StorageEngine
import Synchronization

/// An engine that keeps account of the heads of one log that are on disk, and lets a test act at the two moments that
/// matter: just before a commit takes effect, and just after it did, when nobody has been told yet.
final class HeadLedger: StorageEngine {
    private struct State {
        var core: StoredCore?
        var heads: [HeadRecord] = [HeadRecord()]
        var act: (@Sendable () -> Void)?
    }

    private let engine: any StorageEngine
    private let state = Mutex(State())

    init(_ engine: any StorageEngine) {
        self.engine = engine
    }

    /// The heads that were on disk so far, in the order of their commits.
    var heads: [HeadRecord] { state.withLock { $0.heads } }

    /// Follows a log, whose head is on disk as it is now.
    func follow(_ core: StoredCore) throws {
        state.withLock { $0.core = core }
        try noteHead()
    }

    /// Does something around every commit, on the thread that commits.
    func aroundCommits(_ act: @escaping @Sendable () -> Void) { state.withLock { $0.act = act } }

    private func noteHead() throws {
        guard let head = try state.withLock({ $0.core })?.head() else { return }
        state.withLock { if $0.heads.last != head { $0.heads.append(head) } }
    }

    var maximumKeyLength: Int { engine.maximumKeyLength }
    var maximumTransactionByteCount: Int { engine.maximumTransactionByteCount }
    func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) { try engine.withSnapshot(body) }
    func sync() throws(StorageError) { try engine.sync() }
    func close() throws(StorageError) { try engine.close() }

    func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        let act = state.withLock { $0.act }
        act?()
        defer { act?() }
        try engine.write(durability: durability, body)
        do { try noteHead() } catch { throw StorageError(.inputOutput, "\(error)") }
    }
}
