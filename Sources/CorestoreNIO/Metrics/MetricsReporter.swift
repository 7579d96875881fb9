public import Corestore
public import Hypercore
public import Metrics
public import ServiceLifecycle
import Synchronization

/// Reports what a store and its servers do to swift-metrics, every so often, for as long as it runs.
///
/// ```swift
/// let reporter = MetricsReporter(of: store, servers: [server])
/// reporter.observe(log, as: "orders")
/// let group = ServiceGroup(services: [server, reporter], gracefulShutdownSignals: [.sigterm], logger: logger)
/// ```
///
/// A report asks the store for figures that it keeps anyway, so it costs the same however many logs are open, and nothing
/// in between. The price of that is that figures lag behind by up to the interval.
///
/// | metric | kind | what it is |
/// |---|---|---|
/// | `corestore_appends_total` | counter | committed changes that appended to a log |
/// | `corestore_blocks_appended_total` | counter | blocks that were appended here |
/// | `corestore_commits_total` | counter | transactions of the storage engine |
/// | `corestore_write_sets_total` | counter | changes that these committed |
/// | `corestore_group_size` | gauge | changes a transaction, on average since the last report with any |
/// | `corestore_blocks_downloaded_total`, `corestore_bytes_downloaded_total` | counter | verified blocks from peers |
/// | `corestore_blocks_uploaded_total`, `corestore_bytes_uploaded_total` | counter | blocks to peers |
/// | `corestore_invalid_data_total` | counter | times that a peer sent what did not verify |
/// | `corestore_peer_timeouts_total` | counter | times that a peer let the time for an answer pass |
/// | `corestore_peers` | gauge | peers of logs: one with three logs counts three times |
/// | `corestore_open_logs` | gauge | logs that are open |
/// | `corestore_queued_bytes` | gauge | bytes that wait to be written |
/// | `corestore_lag_blocks` | gauge, by `log` | of an observed log: a peer's length minus ours, at least 0 |
/// | `corestore_connections` | gauge | connections of the servers |
/// | `corestore_connections_accepted_total` | counter | connections that were taken in |
/// | `corestore_connections_refused_total` | counter, by `reason` | `no_room`, `not_admitted` |
/// | `corestore_received_bytes_total`, `corestore_sent_bytes_total` | counter | bytes on the sockets of the servers |
public final class MetricsReporter: Service {
    private let store: Corestore
    private let servers: [ReplicationServer]
    private let interval: Duration
    private let environment: TransportEnvironment
    private let state: Mutex<State>

    private struct State {
        var metrics: StoreMetrics
        var last = StoreSample()
        var observed: [String: (log: Hypercore, lag: Meter)] = [:]
    }

    /// Prepares reporting.
    ///
    /// - Parameters:
    ///   - store: what is reported; the whole of it, through whichever session.
    ///   - servers: those that serve it.
    ///   - interval: how long between reports.
    ///   - dimensions: added to every metric, to tell stores apart.
    ///   - factory: where metrics are reported to; where none is given, to that of the process.
    ///   - environment: time.
    public init(
        of store: Corestore, servers: [ReplicationServer] = [], every interval: Duration = .seconds(10),
        dimensions: [(String, String)] = [], to factory: (any MetricsFactory)? = nil,
        environment: TransportEnvironment = TransportEnvironment()
    ) {
        self.store = store
        self.servers = servers
        self.interval = interval
        self.environment = environment
        state = Mutex(State(metrics: StoreMetrics(dimensions, factory ?? MetricsSystem.factory)))
    }
}

// MARK: - Reporting

extension MetricsReporter {
    /// Reports until the task is cancelled or its service group shuts down, and once more then.
    public func run() async {
        await cancelWhenGracefulShutdown { await self.reportEverySoOften() }
        report()
    }

    private func reportEverySoOften() async {
        while !Task.isCancelled {
            report()
            do {
                try await environment.sleep(environment.now() + interval)
            } catch {
                return
            }
        }
    }

    /// Reports now.
    public func report() {
        state.withLock { state in
            // Sampled under the lock, so that of two reports at once the later one is not given the earlier figures.
            let sample = StoreSample(of: store, servers)
            state.metrics.report(sample, since: state.last)
            state.last = sample
            for (log, lag) in state.observed.values { lag.set(Int64(clamping: log.lag)) }
        }
    }
}

// MARK: - Observing logs

extension MetricsReporter {
    /// Reports how far a log is behind its peers, until it is told to stop. Each observed log costs something at every
    /// report, and a metric of its own: choose those that matter.
    ///
    /// - Parameters:
    ///   - log: an open session; it stays with who opened it, and is reported as 0 once that is closed.
    ///   - label: names the log in the metric. Observing another under the same label takes its place.
    public func observe(_ log: Hypercore, as label: String) {
        state.withLock { $0.observed[label] = (log, $0.metrics.lag(of: label)) }
    }

    /// Reports a log no more; its metric is given back.
    public func stopObserving(_ label: String) {
        state.withLock { $0.observed.removeValue(forKey: label) }?.lag.destroy()
    }
}
