/// An engine that notices when what it holds may be older than what was acknowledged.
///
/// A log that goes on from an old state is a second history beside the one that others have seen. So whoever signs asks
/// this before it appends.
public protocol DoubtingEngine: StorageEngine {
    /// Why what is stored may be older than what was acknowledged, as found when the engine was opened; `nil` where it
    /// cannot be.
    var historyDoubt: HistoryDoubt? { get }

    /// The doubt is recorded or settled: the next opening does not report it again. Does nothing where there is none.
    ///
    /// - Throws: `.inputOutput`, `.full`, `.readOnly`, `.closed`.
    func settleHistoryDoubt() throws(StorageError)
}

/// Why a store may be older than what was acknowledged.
public enum HistoryDoubt: String, Sendable, CaseIterable {
    /// The machine stopped while commits of `.relaxed` durability had not reached the disk.
    case uncleanStop = "unclean-stop"
    /// The files are a copy: a backup that was restored, or a store that was moved between disks or machines.
    case copied
}
