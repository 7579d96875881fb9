import Hypercore
import Metrics

/// The metrics of a store, made once.
struct StoreMetrics {
    /// A counter, and where its figure stands in a sample.
    private struct Total {
        let counter: Counter
        let figure: @Sendable (StoreSample) -> UInt64
    }

    /// A gauge, and where its figure stands in a sample.
    private struct Level {
        let meter: Meter
        let figure: @Sendable (StoreSample) -> Int
    }

    private let dimensions: [(String, String)]
    private let factory: any MetricsFactory
    private var totals: [Total] = []
    private var levels: [Level] = []
    private let groupSize: Meter

    init(_ dimensions: [(String, String)], _ factory: any MetricsFactory) {
        self.dimensions = dimensions
        self.factory = factory
        groupSize = Meter(label: "corestore_group_size", dimensions: dimensions, factory: factory)
        addStore()
        addServers()
    }

    private mutating func addStore() {
        add("appends_total") { $0.logs.appends }
        add("blocks_appended_total") { $0.logs.blocksAppended }
        add("commits_total") { $0.transactions }
        add("write_sets_total") { $0.writeSets }
        add("blocks_downloaded_total") { $0.logs.blocksDownloaded }
        add("bytes_downloaded_total") { $0.logs.bytesDownloaded }
        add("blocks_uploaded_total") { $0.logs.blocksUploaded }
        add("bytes_uploaded_total") { $0.logs.bytesUploaded }
        add("invalid_data_total") { $0.logs.invalidData }
        add("peer_timeouts_total") { $0.logs.timeouts }
        addLevel("peers") { $0.logs.peerCount }
        addLevel("open_logs") { $0.openLogCount }
        addLevel("queued_bytes") { $0.queuedByteCount }
    }

    private mutating func addServers() {
        addLevel("connections") { $0.connectionCount }
        add("connections_accepted_total") { $0.connections.accepted }
        add("connections_refused_total", [("reason", "no_room")]) { $0.connections.noRoom }
        add("connections_refused_total", [("reason", "not_admitted")]) { $0.connections.notAdmitted }
        add("received_bytes_total") { $0.connections.receivedByteCount }
        add("sent_bytes_total") { $0.connections.sentByteCount }
    }

    private mutating func add(
        _ name: String, _ own: [(String, String)] = [], _ figure: @escaping @Sendable (StoreSample) -> UInt64
    ) {
        let counter = Counter(label: "corestore_\(name)", dimensions: dimensions + own, factory: factory)
        totals.append(Total(counter: counter, figure: figure))
    }

    private mutating func addLevel(_ name: String, _ figure: @escaping @Sendable (StoreSample) -> Int) {
        let meter = Meter(label: "corestore_\(name)", dimensions: dimensions, factory: factory)
        levels.append(Level(meter: meter, figure: figure))
    }
}

extension StoreMetrics {
    /// Reports what a sample says, given the one that was reported last.
    func report(_ sample: StoreSample, since last: StoreSample) {
        for total in totals {
            let (now, before) = (total.figure(sample), total.figure(last))
            if now > before { total.counter.increment(by: Int64(clamping: now - before)) }
        }
        for level in levels { level.meter.set(Int64(level.figure(sample))) }
        let transactions = sample.transactions - last.transactions
        guard transactions > 0 else { return }
        groupSize.set(Double(sample.writeSets - last.writeSets) / Double(transactions))
    }

    /// The gauge of one log's lag.
    func lag(of label: String) -> Meter {
        Meter(label: "corestore_lag_blocks", dimensions: dimensions + [("log", label)], factory: factory)
    }
}
