import Synchronization

/// What several tasks note, in the order in which they do.
final class Recorder<Note: Sendable>: Sendable {
    private let state = Mutex<[Note]>([])

    var notes: [Note] { state.withLock { $0 } }

    func note(_ note: Note) { state.withLock { $0.append(note) } }
}
