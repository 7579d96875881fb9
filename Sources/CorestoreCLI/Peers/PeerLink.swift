import Corestore
import CorestoreNIO
import Crypto
import Hypercore

/// The peer that this command was given, and as whom it connects.
struct PeerLink: Sendable {
    let peer: Endpoint
    private let client: ReplicationClient

    init(_ peer: Endpoint, using client: ReplicationClient) {
        self.peer = peer
        self.client = client
    }

    /// Runs `body` over one connection, which ends with it.
    ///
    /// - Throws: what `body` throws; `TransportError` where there is no connection, or either side does not admit the
    ///   other; ``LinkEnd`` where the connection ends before `body`, which is then cancelled.
    func whileConnected(
        replicating store: Corestore, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let connection = try await client.connect(to: peer, replicating: store)
        do {
            try await withTaskCancellationHandler {
                try await connection.waitUntilReady()
                try await run(body, over: connection)
            } onCancel: {
                // Waiting for the end of a stream cannot be cancelled: end it.
                connection.stream.close()
            }
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
    }

    private func run(
        _ body: @escaping @Sendable () async throws -> Void, over connection: ReplicationConnection
    ) async throws {
        try await withThrowingTaskGroup { group in
            defer { connection.stream.close() }
            group.addTask {
                let end = await connection.waitUntilClosed()
                if let failure = connection.failure, failure.code == .turnedAway { throw failure }
                throw LinkEnd(end)
            }
            group.addTask { try await body() }
            // Whichever comes first, the other does not matter any more.
            try await group.next()
            group.cancelAll()
        }
    }
}

/// Why a connection ended that was still needed.
struct LinkEnd: Error {
    let reason: String

    init(_ end: ReplicationStreamEnd) {
        reason =
            switch end {
            case .closedLocally: "it was closed here"
            case .closedByRemote: "the other side closed it"
            case .failed(let error): "\(error)"
            }
    }
}

// MARK: - For as long as it takes

extension PeerLink {
    /// What becomes of a connection that is kept.
    enum Change {
        case connected(PublicKey?)
        /// There is none, for this reason; the next attempt comes after the pause.
        case disconnected(reason: String, pause: Duration)

        var isConnected: Bool { if case .connected = self { true } else { false } }
    }

    /// Connects, and connects again whenever the connection ends, until it is cancelled.
    ///
    /// - Throws: what `tell` throws; `TransportError` where it makes no sense to try again.
    func keepConnected(
        replicating store: Corestore, _ tell: @escaping @Sendable (Change) throws -> Void
    ) async throws {
        let client = ReconnectingClient(to: peer, replicating: store, using: client)
        let states = client.states
        try await withThrowingTaskGroup { group in
            group.addTask { try await client.run() }
            group.addTask {
                for await state in states {
                    if let change = Change(state) { try tell(change) }
                }
            }
            try await group.waitForAll()
        }
    }
}

extension PeerLink.Change {
    /// `nil` for what nobody needs to hear of.
    fileprivate init?(_ state: ReconnectingClient.State) {
        switch state {
        case .connected(let connection): self = .connected(connection.remotePublicKey)
        case .waiting(let next, let reason):
            self = .disconnected(reason: reason.message, pause: max(.zero, next - .now))
        case .idle, .connecting, .stopped: return nil
        }
    }
}
