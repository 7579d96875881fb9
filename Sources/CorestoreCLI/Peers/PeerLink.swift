import Corestore
import CorestoreNIO
import Crypto
import Hypercore
import Synchronization

/// How this command connects to the peer that it was given.
struct PeerLink: Sendable {
    let peer: Endpoint
    private let client = ReplicationClient(logger: Log.logger())

    init(_ peer: Endpoint) {
        self.peer = peer
    }

    /// Runs `body` over one connection, which ends with it.
    ///
    /// - Throws: what `body` throws; where nobody can be connected to, or the connection ends before `body`, which is then
    ///   cancelled.
    func whileConnected(
        replicating store: Corestore, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let connection = try await client.connect(to: peer, replicating: store)
        do {
            try await withTaskCancellationHandler {
                try await withThrowingTaskGroup { group in
                    defer { connection.stream.close() }
                    group.addTask { throw LinkEnd(await connection.waitUntilClosed()) }
                    group.addTask { try await body() }
                    // Whichever comes first, the other does not matter any more.
                    try await group.next()
                    group.cancelAll()
                }
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
    func keepConnected(
        replicating store: Corestore, _ tell: @escaping @Sendable (Change) throws -> Void
    ) async throws {
        var pause = Duration.seconds(1)
        while true {
            let reason: String
            do {
                try await whileConnected(replicating: store) {
                    try tell(.connected(nil))
                    while true { try await Task.sleep(for: .seconds(3600)) }
                }
                return
            } catch let end as LinkEnd {
                pause = .seconds(1)
                reason = "the connection with \(peer) ended: \(end.reason)"
            } catch let error as TransportError {
                reason = error.message
            }
            try Task.checkCancellation()
            try tell(.disconnected(reason: reason, pause: pause))
            try await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(60))
        }
    }
}
