import Crypto
import Replication
import Synchronization

extension Core {
    /// Waits until a peer has brought block `index` and it was verified.
    func waitForBlock(_ index: UInt64, _ options: GetOptions, in scope: WaitScope) async throws -> [UInt8] {
        try await within(options.timeout, "no peer brought block \(index)") {
            try await self.waitForBlock(index, priority: options.isUrgent ? .veryHigh : .explicitGet, in: scope)
        }
    }

    /// Waits until it is known which block holds a byte: from what peers tell, and from what the log grows by.
    func waitForSeek(
        toByte bytes: UInt64, padding: UInt64, timeout: Duration?, in scope: WaitScope
    ) async throws -> Hypercore.BytePosition {
        try await within(timeout, "no peer told where byte \(bytes) lies") {
            let outcome = try await self.wait(in: scope) { state, effects in
                self.machine(of: &state).replicator.seek(toByte: bytes, padding: padding, into: &effects)
            }
            guard case .found(let block, let offset) = outcome else {
                throw HypercoreError.notPadded(self.key)
            }
            return Hypercore.BytePosition(block: block, offset: offset)
        }
    }

    /// Waits until a peer has told a node of the tree and it was verified, or the log has grown by it.
    func waitForNode(at index: UInt64, timeout: Duration?, in scope: WaitScope) async throws -> TreeNode {
        try await within(timeout, "no peer told the node \(index)") {
            let outcome = try await self.wait(in: scope) { state, effects in
                self.machine(of: &state).replicator.hash(ofNode: index, into: &effects)
            }
            guard case .node(let node) = outcome else {
                preconditionFailure("a node was asked for, and the machine answered \(outcome)")
            }
            return node
        }
    }

    /// Runs a wait that is given up after a time.
    func within<Value: Sendable>(
        _ timeout: Duration?, _ complaint: @autoclosure () -> String,
        _ wait: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        guard let timeout else { return try await wait() }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await wait() }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else {
                throw HypercoreError(.timedOut, key: key, "\(complaint()) within \(timeout)")
            }
            return value
        }
    }

    private func waitForBlock(
        _ index: UInt64, priority: RequestMessage.Priority, in scope: WaitScope
    ) async throws -> [UInt8] {
        while true {
            let outcome = try await wait(in: scope) { state, effects in
                self.machine(of: &state).replicator.get(
                    index, priority: priority, log: CoreLogView(self, state), into: &effects)
            }
            if case .block(let value) = outcome { return Array(value) }
            if let block = try read(index) { return block }
            // It was stored, and cut off or cleared before it could be read: it may come again.
        }
    }

    /// Asks the peers that are there whether the log is longer.
    func update(_ options: UpdateOptions, in scope: WaitScope) async throws -> Bool {
        if try followStored() { return true }
        return try await within(options.timeout, "no peer told of a longer log") {
            let outcome = try await self.wait(in: scope) { state, effects in
                self.machine(of: &state).replicator.update(
                    waits: options.waits, fetchesLastBlock: options.fetchesLastBlock, into: &effects)
            }
            return outcome == .updated(true)
        }
    }

    /// Begins a download; see ``Hypercore/download(_:)``.
    func download(_ range: DownloadRange, in scope: WaitScope) -> Download {
        let wait = CancellableWait(core: self)
        let download = Download(wait)
        scope.add(wait)
        begin(
            { state, effects in
                self.machine(of: &state).replicator.download(range, log: CoreLogView(self, state), into: &effects)
            }, wait
        ) { result in
            scope.remove(wait)
            download.settle(result.map { _ in })
        }
        return download
    }

    /// Opens a want and suspends until it ends. Cancelling the task, or closing the session, ends it early.
    private func wait(
        in scope: WaitScope, _ open: @Sendable (inout CoreState, inout Effects) -> WantToken
    ) async throws -> WantOutcome {
        let wait = CancellableWait(core: self)
        scope.add(wait)
        defer { scope.remove(wait) }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<WantOutcome, any Error>) in
                begin(open, wait) { continuation.resume(with: $0) }
            }
        } onCancel: {
            wait.end(.cancelled)
        }
    }

    /// Opens a want; `handler` hears how it ended.
    private func begin(
        _ open: (inout CoreState, inout Effects) -> WantToken, _ wait: CancellableWait,
        _ handler: @escaping WaiterTable.Handler
    ) {
        var end: CoreEnd?
        turn { state, effects in
            end = state.end
            guard end == nil else { return }
            let token = open(&state, &effects.replication)
            state.waiters.add(token) { [weak self] result in
                handler(
                    result.flatMap { outcome in
                        guard case .refused = outcome else { return .success(outcome) }
                        return .failure(self.map { $0.refusal } ?? CancellationError())
                    })
            }
            wait.arm(token)
        }
        if let end { return handler(.failure(end.error(key))) }
        wait.carryOutIfEnded()
    }

    /// How far the want of a range is served.
    func progress(of token: WantToken) -> DownloadProgress? {
        state.withLock { state in
            let log = CoreLogView(self, state)
            return state.machine?.replicator.progress(of: token, log: log)
        }
    }

    /// Why a want was refused.
    private var refusal: HypercoreError {
        if let ended { return ended }
        if let stop = state.withLock({ $0.trust.isFrozen ? $0.trust.stop : nil }) { return stop.error(key) }
        return HypercoreError(.notAvailable, key: key, "too many waits are under way on this log")
    }

    /// Ends a want before its time.
    func cancel(_ token: WantToken, because cause: CancellableWait.Cause) {
        var handler: WaiterTable.Handler?
        turn { state, effects in
            state.machine?.replicator.cancel(token, into: &effects.replication)
            handler = state.waiters.remove(token)
        }
        switch cause {
        case .cancelled: handler?(.failure(CancellationError()))
        case .sessionClosed: handler?(.failure(HypercoreError(.closed, key: key, "the session was closed")))
        }
    }
}
