import StorageEngine
import Synchronization

/// The place in line of one change, for whoever waits until it has had its turn.
final class TurnTicket: Sendable {
    /// What became of a change that waited for its turn.
    enum Turn: Sendable {
        /// It is queued to be written, and this is where the log stands after it.
        case staged(Hypercore.AppendResult, CommitTicket)
        /// It is written, and this is where the log stood after it.
        case written(Hypercore.AppendResult)
        /// Something came between: it is to be made again for another place.
        case again
        case failed(any Error)
    }

    private struct State {
        var turn: Turn?
        var waiter: CheckedContinuation<Turn, Never>?
    }

    private let state = Mutex(State())

    /// Suspends until the turn is over; does not suspend where it is. For one waiter.
    func wait() async -> Turn {
        if let turn = state.withLock({ $0.turn }) { return turn }
        return await withCheckedContinuation { continuation in
            let settled = state.withLock { state in
                if state.turn == nil { state.waiter = continuation }
                return state.turn
            }
            if let settled { continuation.resume(returning: settled) }
        }
    }

    /// Ends the turn. Called once, outside all locks, by whoever took the change out of the line.
    func settle(_ turn: Turn) {
        let waiter = state.withLock { state in
            precondition(state.turn == nil, "a turn ended twice: \(turn)")
            state.turn = turn
            return state.waiter.take()
        }
        waiter?.resume(returning: turn)
    }
}
