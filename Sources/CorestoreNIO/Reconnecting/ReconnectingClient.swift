public import Corestore
public import Hypercore
import Logging
public import ServiceLifecycle

/// Keeps one connection to an endpoint: connects, and connects again after waiting whenever that fails or the connection
/// ends. For several endpoints there are several of them.
///
/// ```swift
/// let client = ReconnectingClient(to: endpoint, replicating: store)
/// let group = ServiceGroup(services: [client], gracefulShutdownSignals: [.sigint, .sigterm], logger: logger)
/// try await group.run()
/// ```
///
/// It tries again after everything that may mend itself: a server that is away, a name that is not known while there is no
/// network, a server that turns us away until its list is changed, a peer that breaks the protocol until it is updated. It
/// gives up on what only a person can mend, by default (``givesUpOn``) the other side's public key not being the admitted
/// one, and a text that is no name of a host.
///
/// A connection that is closed on this side – the store is closed, or somebody who has the stream closes it – is not wanted
/// any more, and the client stops without an error.
public final class ReconnectingClient: Service {
    /// Where it connects to.
    public let endpoint: Endpoint
    /// After which failures it gives up.
    public let givesUpOn: Set<TransportError.Code>

    private let connect: @Sendable () async throws(TransportError) -> ReplicationConnection
    private let backOff: BackOff
    private let environment: TransportEnvironment
    private let logger: Logger
    private let history = ReconnectingStates()

    /// After which failures a client gives up, unless it is told otherwise.
    public static let permanentFailures: Set<TransportError.Code> = [.notAdmitted, .invalidName]

    /// Prepares keeping a connection over which every core of `store` is replicated.
    ///
    /// - Parameters:
    ///   - endpoint: where to connect to; its name is looked up anew each time.
    ///   - store: what is replicated.
    ///   - client: who connects: the key pair, which server is admitted, the bounds, the logger.
    ///   - backOff: how long to wait between attempts.
    ///   - givesUpOn: after which failures to give up.
    ///   - environment: time and chance.
    public convenience init(
        to endpoint: Endpoint, replicating store: Corestore, using client: ReplicationClient = ReplicationClient(),
        backOff: BackOff = BackOff(), givingUpOn givesUpOn: Set<TransportError.Code> = permanentFailures,
        environment: TransportEnvironment = TransportEnvironment()
    ) {
        self.init(to: endpoint, using: client, backOff: backOff, givingUpOn: givesUpOn, environment: environment) {
            store.replicate(on: $0)
        }
    }

    /// Prepares keeping a connection whose streams are handed to `attach`, as by
    /// ``ReplicationClient/connect(to:attaching:)``.
    public init(
        to endpoint: Endpoint, using client: ReplicationClient = ReplicationClient(), backOff: BackOff = BackOff(),
        givingUpOn givesUpOn: Set<TransportError.Code> = permanentFailures,
        environment: TransportEnvironment = TransportEnvironment(),
        attaching attach: @escaping @Sendable (ReplicationStream) -> Void
    ) {
        self.endpoint = endpoint
        self.givesUpOn = givesUpOn
        self.backOff = backOff
        self.environment = environment
        logger = client.logger
        connect = { () async throws(TransportError) in try await client.connect(to: endpoint, attaching: attach) }
    }
}

// MARK: - Looking

extension ReconnectingClient {
    /// What it is at.
    public var state: State { history.current }

    /// The connection, while there is one.
    public var connection: ReplicationConnection? {
        if case .connected(let connection) = state { connection } else { nil }
    }

    /// What it is at, and every change from now on, until it has stopped. Each caller has a sequence of its own; one that
    /// does not keep up misses the oldest of more than sixteen changes.
    public var states: AsyncStream<State> { history.observe() }
}

// MARK: - Running

extension ReconnectingClient {
    /// Keeps the connection until the task is cancelled or its service group shuts down, then ends it after what was
    /// written has left. To be run once at a time.
    ///
    /// - Throws: ``TransportError`` where it gives up.
    public func run() async throws {
        let failure = await cancelWhenGracefulShutdown { await self.keepConnected() }
        history.change(to: .stopped(failure))
        if let failure { throw failure }
    }

    /// - Returns: why it gives up; `nil` where it was told to stop.
    private func keepConnected() async -> TransportError? {
        var failureCount = 0
        while !Task.isCancelled {
            history.change(to: .connecting)
            switch await connectOnce() {
            case .unwanted:
                return nil
            case .lost(let reason, isProven: let isProven):
                if givesUpOn.contains(reason.code) { return reason }
                failureCount = isProven ? 1 : failureCount + 1
                guard await wait(failureCount: failureCount, because: reason) else { return nil }
            }
        }
        return nil
    }

    /// - Returns: whether to try again.
    private func wait(failureCount: Int, because reason: TransportError) async -> Bool {
        let delay = backOff.delay(afterFailures: failureCount, chance: environment.chance())
        let next = environment.now() + delay
        history.change(to: .waiting(until: next, because: reason))
        logger.debug(
            "reconnecting later", metadata: ["remote": "\(endpoint)", "delay": "\(delay)", "reason": "\(reason)"])
        do {
            try await environment.sleep(next)
            return true
        } catch {
            return false
        }
    }
}

// MARK: - One connection

extension ReconnectingClient {
    private enum Outcome {
        /// It was closed on this side.
        case unwanted
        case lost(TransportError, isProven: Bool)
    }

    private func connectOnce() async -> Outcome {
        let connection: ReplicationConnection
        do {
            connection = try await connect()
        } catch {
            return Task.isCancelled ? .unwanted : .lost(error, isProven: false)
        }
        let outcome = await withTaskCancellationHandler {
            await self.end(of: connection)
        } onCancel: {
            connection.stream.close()
        }
        await connection.waitUntilSocketClosed()
        return outcome
    }

    private func end(of connection: ReplicationConnection) async -> Outcome {
        var readySince: ContinuousClock.Instant?
        if (try? await connection.waitUntilReady()) != nil {
            readySince = environment.now()
            history.change(to: .connected(connection))
        }
        let end = await connection.waitUntilClosed()
        let isProven = readySince.map { environment.now() - $0 >= backOff.provenAfter } ?? false
        switch end {
        case .closedLocally:
            return .unwanted
        case .closedByRemote:
            let reason = connection.failure ?? TransportError(.closed, "the other side closed the connection")
            return .lost(reason, isProven: isProven)
        case .failed(let error):
            return .lost(connection.failure ?? TransportError(.failed, error.message), isProven: isProven)
        }
    }
}
