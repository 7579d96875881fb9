import StorageEngine
import Synchronization

/// Hands out the generations of one core, each once: to its main line and to all its branches.
///
/// A core that never had a branch needs no record of it, for the spans of its head say what comes next. Once there was
/// one, every write set that begins a generation also stores ``record``. Sets are queued in the order in which they are
/// made, and the counter only grows; so whatever set fails, what is stored lies above every generation that is in use.
public final class GenerationCounter: Sendable {
    private struct State {
        /// What comes next; `nil` before the record was read.
        var next: Generation?
        /// Whether the core has, or had, branches.
        var isShared = false
    }

    private let core: StoredCore
    private let state = Mutex(State())

    /// The counter of `core`; reads nothing yet. There is one for an open core.
    public init(_ core: StoredCore) {
        self.core = core
    }

    /// What has to be stored with a generation that was taken; `nil` where the head's spans say as much.
    public var record: Generation? { state.withLock { $0.isShared ? $0.next : nil } }

    /// A generation that nobody has used and that lies above those of `spans`, which has to include the main line's.
    ///
    /// One that is not used after all is lost, which does not matter.
    ///
    /// - Parameters:
    ///   - spans: those of the core, and of the branch.
    ///   - forBranch: whether it is a branch that takes it.
    /// - Throws: `.exhausted`; `StorageError`.
    public func take(above spans: Spans..., forBranch: Bool = false) throws -> Generation {
        try state.withLock { state in
            if state.next == nil {
                let stored = try core.storedNextGeneration()
                (state.next, state.isShared) = (stored ?? .first, stored != nil)
            }
            let taken = ([state.next ?? .first] + spans.map(\.nextGeneration)).max() ?? .first
            guard taken.value < .max - 1 else {
                throw StorageRecordError(.exhausted, "core \(core.number.value) has used up its generations")
            }
            state.next = taken.next
            if forBranch { state.isShared = true }
            return taken
        }
    }
}

extension StoredCore {
    fileprivate func storedNextGeneration() throws -> Generation? {
        try engine.read { snapshot in
            try snapshot.number(Schema.cores, RecordKey.record(number, .generations))
        }.map { Generation($0) }
    }
}
