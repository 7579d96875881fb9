import HypercoreStorage
import StorageEngine
import Synchronization

/// Deletes what no log refers to any more, in small steps between other writes.
///
/// It runs while there is something to sweep: after a truncation, a purge, the end of a snapshot, and when a store is
/// opened that was closed, or crashed, before everything was swept.
final class Sweeper: Sendable {
    /// How many records one write deletes at most.
    static let recordLimit = 1024
    /// How many pieces of garbage are looked at together.
    private static let pieceLimit = 64

    private struct State {
        var run: Task<Void, Never>?
        /// Whether something came up since the run began.
        var isWanted = false
        var isStopped = false

        /// Whether there is something to do; the run ends where there is not.
        mutating func takeWish() -> Bool {
            defer { isWanted = false }
            if isWanted, !isStopped { return true }
            run = nil
            return false
        }
    }

    /// The open cores, whose heads and snapshots say what is still read.
    typealias OpenCores = @Sendable () -> [CoreNumber: Core]

    private let directory: CoreDirectory
    private let state = Mutex(State())

    init(_ directory: CoreDirectory) {
        self.directory = directory
    }

    /// Sweeps what can be swept, soon.
    func wake(_ openCores: @escaping OpenCores) {
        guard let writer = directory.writer else { return }
        state.withLock { state in
            state.isWanted = true
            guard state.run == nil, !state.isStopped else { return }
            state.run = Task(priority: .utility) { await self.sweep(openCores, through: writer) }
        }
    }

    /// Returns when nothing is left that could be swept now.
    func settle() async {
        while let run = state.withLock({ $0.run }) { await run.value }
    }

    /// Ends the sweeping after the step that is under way, and for good.
    func stop() async {
        let run = state.withLock { state in
            state.isStopped = true
            return state.run
        }
        run?.cancel()
        await run?.value
    }

    private func sweep(_ openCores: OpenCores, through writer: GroupWriter) async {
        while state.withLock({ $0.takeWish() }) {
            do {
                try await sweepOnce(openCores, through: writer)
            } catch {
                // The garbage stays noted, so nothing is lost: the next truncation, or the next opening, sweeps it. That
                // the store fails is told to those who write to it.
                return state.withLock { $0.run = nil }
            }
        }
    }

    private func sweepOnce(_ openCores: OpenCores, through writer: GroupWriter) async throws {
        var last: Garbage?
        while true {
            let pieces = try directory.garbage(after: last, limit: Self.pieceLimit)
            // Looked up after the pieces were read: a core that is opened later does not refer to them any more.
            let cores = openCores()
            for piece in pieces {
                try await sweep(piece, keepingBelow: end(ofReadsIn: piece, in: cores), through: writer)
            }
            guard pieces.count == Self.pieceLimit else { return }
            last = pieces.last
        }
    }

    /// Up to where a piece is not to be swept, because somebody still reads it: an open log, a snapshot, or a branch that is only stored.
    ///
    /// What is in memory is asked first: a branch that is made from a snapshot is stored before the snapshot is let go of.
    private func end(ofReadsIn piece: Garbage, in cores: [CoreNumber: Core]) throws -> UInt64 {
        let inMemory = cores[piece.core]?.end(ofReadsIn: piece) ?? 0
        return max(inMemory, try directory.end(ofReadsIn: piece))
    }

    private func sweep(
        _ garbage: Garbage, keepingBelow end: UInt64, through writer: GroupWriter
    ) async throws {
        while true {
            try Task.checkCancellation()
            let step = try directory.sweepStep(of: garbage, keepingBelow: end, limit: Self.recordLimit)
            if !step.set.isEmpty { try await writer.commit(step.set) }
            if step.isLast { return }
            await Task.yield()
        }
    }
}

extension Core {
    /// Up to where `garbage` is not to be swept for the sake of this core's head, a branch or a snapshot of it; 0 where all
    /// of it can be.
    func end(ofReadsIn garbage: Garbage) -> UInt64 {
        guard case .tail(let tail) = garbage.extent else { return 0 }
        return state.withLock { state in
            // A truncation is on disk a moment before the head in memory moves.
            let main = state.durable.end(in: tail)
            return state.branches.values.reduce(max(main, state.leases.end(in: tail))) { max($0, $1.end(in: tail)) }
        }
    }
}
