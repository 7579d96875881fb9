import BenchHarness

/// What both backends came to in one comparison.
struct Outcome {
    let comparison: Comparison
    let workload: Workload
    private let rates: [Backend: Spread]
    private let times: [Backend: Double]
    private let byteCounts: [Backend: Int]

    /// Summarises the runs, and what each backend's files take at their end.
    init(_ comparison: Comparison, _ workload: Workload, _ runs: [Backend: [(sample: Sample, byteCount: Int)]]) {
        self.comparison = comparison
        self.workload = workload
        rates = runs.mapValues { runs in Spread(runs.map { workload.rate(of: $0.sample) }) }
        times = runs.mapValues { runs in Spread(runs.map { $0.sample.processorTime / .milliseconds(1) }).median }
        byteCounts = runs.mapValues { runs in Int(Spread(runs.map { Double($0.byteCount) }).median) }
    }

    static let heading = """
        | figure | unit | LMDB | min … max | RocksDB | min … max | LMDB / RocksDB | CPU ms | CPU ms | LMDB MB | RocksDB MB |
        |---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
        """

    /// A row of the table, the faster one in bold.
    var row: String {
        guard let lmdb = rates[.lmdb], let rocksdb = rates[.rocksdb] else { return "" }
        let ratio = lmdb.median / rocksdb.median
        let cells = [
            "`\(comparison.name)`", workload.figure.unit.rawValue, emphasised(lmdb.median, ratio >= 1), range(lmdb),
            emphasised(rocksdb.median, ratio < 1), range(rocksdb), Table.hundredths(ratio),
            Table.grouped(times[.lmdb] ?? 0), Table.grouped(times[.rocksdb] ?? 0), megabytes(.lmdb),
            megabytes(.rocksdb),
        ]
        return "| \(cells.joined(separator: " | ")) |"
    }

    private func emphasised(_ rate: Double, _ isFaster: Bool) -> String {
        isFaster ? "**\(Table.grouped(rate))**" : Table.grouped(rate)
    }

    private func range(_ spread: Spread) -> String {
        "\(Table.grouped(spread.minimum)) … \(Table.grouped(spread.maximum))"
    }

    private func megabytes(_ backend: Backend) -> String { Table.tenths(Double(byteCounts[backend] ?? 0) / 1e6) }
}
