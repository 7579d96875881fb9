import Replication
import Synchronization

extension Core {
    /// Waits until a peer has brought block `index` and it was verified.
    func waitForBlock(_ index: UInt64, timeout: Duration?) async throws -> [UInt8] {
        guard let timeout else { return try await waitForBlock(index) }
        return try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
            group.addTask { try await self.waitForBlock(index) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let block = first else {
                throw HypercoreError(.timedOut, key: key, "no peer brought block \(index) within \(timeout)")
            }
            return block
        }
    }

    private func waitForBlock(_ index: UInt64) async throws -> [UInt8] {
        let outcome = try await wait { state, effects in
            state.replicator.get(index, log: CoreLogView(self, state), into: &effects)
        }
        if case .block(let value) = outcome { return Array(value) }
        guard let block = try read(index) else {
            throw HypercoreError(
                .notAvailable, key: key, "block \(index) was stored, and removed before it could be read")
        }
        return block
    }

    /// Asks the peers that are there whether the log is longer.
    func update() async throws -> Bool {
        let outcome = try await wait { state, effects in state.replicator.update(into: &effects) }
        return outcome == .updated(true)
    }

    /// Opens a want and suspends until it ends. Cancelling the task cancels the want.
    private func wait(
        _ open: @Sendable (inout CoreState, inout Effects) -> WantToken
    ) async throws -> WantOutcome {
        let cancellation = Cancellation(core: self)
        let outcome = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<WantOutcome, any Error>) in
                begin(open, cancellation) { continuation.resume(with: $0) }
            }
        } onCancel: {
            cancellation.cancel()
        }
        guard outcome != .refused else {
            throw HypercoreError(.notAvailable, key: key, "too many waits are under way on this log")
        }
        return outcome
    }

    private func begin(
        _ open: (inout CoreState, inout Effects) -> WantToken, _ cancellation: Cancellation,
        _ handler: @escaping WaiterTable.Handler
    ) {
        var isClosed = false
        turn { state, effects in
            guard !state.isClosed else { return isClosed = true }
            let token = open(&state, &effects.replication)
            state.waiters.add(token, handler)
            cancellation.arm(token)
        }
        if isClosed { return handler(.failure(HypercoreError(.closed, key: key, "the log is closed"))) }
        cancellation.carryOutIfCancelled()
    }

    /// Ends a want whose waiter does not want it any more.
    func cancel(_ token: WantToken) {
        var handler: WaiterTable.Handler?
        turn { state, effects in
            state.replicator.cancel(token, into: &effects.replication)
            handler = state.waiters.remove(token)
        }
        handler?(.failure(CancellationError()))
    }

    /// Begins a download; see ``Hypercore/download(start:end:)``.
    func download(start: UInt64, end: UInt64?) -> Download {
        let cancellation = Cancellation(core: self)
        let download = Download { cancellation.cancel() }
        begin(
            { state, effects in
                let range: DownloadRange =
                    end.map { .blocks(start..<max(start, $0), order: .linear) } ?? .live(from: start, order: .linear)
                return state.replicator.download(range, log: CoreLogView(self, state), into: &effects)
            }, cancellation
        ) { result in
            download.settle(result.map { _ in })
        }
        return download
    }
}

/// Cancels a want that may not have been opened yet.
private final class Cancellation: Sendable {
    private struct State {
        var token: WantToken?
        var isCancelled = false
    }

    private let core: Core
    private let state = Mutex(State())

    init(core: Core) {
        self.core = core
    }

    /// The want has been opened; called under the core's lock, so it only takes note.
    func arm(_ token: WantToken) {
        state.withLock { $0.token = token }
    }

    func cancel() {
        state.withLock { $0.isCancelled = true }
        carryOutIfCancelled()
    }

    func carryOutIfCancelled() {
        let token = state.withLock { state in
            guard state.isCancelled else { return WantToken?.none }
            defer { state.token = nil }
            return state.token
        }
        if let token { core.cancel(token) }
    }
}
