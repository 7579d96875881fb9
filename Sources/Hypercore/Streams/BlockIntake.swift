import Synchronization

/// Blocks on their way from one task, which reads them somewhere, to one that appends them: as many as fit into a bound.
///
/// The one that appends takes all that has gathered, so a slow commit makes bigger batches.
final class BlockIntake: Sendable {
    /// From how much on the reader waits; each block counts for about what it weighs in a write set.
    static let byteLimit = 4 << 20

    private typealias Waiter = CheckedContinuation<Void, any Error>

    private struct State {
        var blocks: [[UInt8]] = []
        var byteCount = 0
        /// How the blocks have ended.
        var end: Result<Void, any Error>?
        /// Waits for room.
        var giver: Waiter?
        /// Waits for blocks.
        var taker: Waiter?
    }

    private let state = Mutex(State())

    /// Adds a block, as soon as there is room.
    ///
    /// - Throws: `CancellationError`.
    func give(_ block: [UInt8]) async throws {
        try await wait(\.giver) { $0.byteCount < Self.byteLimit }
        let taker = state.withLock { state in
            state.blocks.append(block)
            state.byteCount += Leaves.byteCount(of: [block])
            return state.taker.take()
        }
        taker?.resume()
    }

    /// There are no more blocks, because they have ended or cannot be read.
    func finish(_ end: Result<Void, any Error>) {
        let taker = state.withLock { state in
            state.end = end
            return state.taker.take()
        }
        taker?.resume()
    }

    /// Takes all blocks that are there, as soon as there are any; `nil` after the last.
    ///
    /// - Throws: after the last block, what the blocks have ended with; `CancellationError`.
    func take() async throws -> [[UInt8]]? {
        try await wait(\.taker) { !$0.blocks.isEmpty || $0.end != nil }
        let (blocks, giver, end) = state.withLock { state in
            defer { (state.blocks, state.byteCount) = ([], 0) }
            return (state.blocks, state.giver.take(), state.end)
        }
        giver?.resume()
        guard blocks.isEmpty else { return blocks }
        try end?.get()
        return nil
    }

    private func wait(
        _ place: any WritableKeyPath<State, Waiter?> & Sendable, until isReady: @Sendable (borrowing State) -> Bool
    ) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waiter: Waiter) in
                let settled: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if isReady(state) { return .success(()) }
                    state[keyPath: place] = waiter
                    return nil
                }
                if let settled { waiter.resume(with: settled) }
            }
        } onCancel: {
            state.withLock { $0[keyPath: place].take() }?.resume(throwing: CancellationError())
        }
    }
}
