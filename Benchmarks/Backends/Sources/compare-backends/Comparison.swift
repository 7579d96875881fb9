import BenchHarness

/// What is done on both backends: the figures that storage decides, each without waiting for the disk and with.
struct Comparison: Sendable, Equatable {
    let figure: Figure
    /// Whether every commit is synced.
    let syncs: Bool

    static let all =
        [Figure.appendSingle, .appendBatchSmall, .appendBatchLarge, .createMany].flatMap { figure in
            [false, true].map { Comparison(figure: figure, syncs: $0) }
        } + [Comparison(figure: .getRandom, syncs: false)]

    /// The name of the figure, and `-full` where commits are synced.
    var name: String { figure.rawValue + (syncs ? "-full" : "") }

    /// The work: at the size of the figure, but for single appends that are synced, of which there are fewer.
    func workload(_ size: Workload.Size) -> Workload {
        Workload(figure == .appendSingle && syncs ? .appendSingleFull : figure, size, syncs: syncs)
    }
}
