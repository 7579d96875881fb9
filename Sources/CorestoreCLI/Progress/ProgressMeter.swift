/// How far a download, a copy or an import is, how fast it goes, and how long it will take.
struct ProgressMeter {
    /// What is done of what there is to do, in the meter's unit.
    struct Extent: Equatable {
        var done: UInt64 = 0
        var total: UInt64 = 0

        /// From 0 to 1.
        var fraction: Double { total == 0 ? 1 : Double(done) / Double(total) }
    }

    /// How many cores are done of how many.
    struct Cores: Equatable {
        let done: UInt64
        let total: UInt64
    }

    /// What is being done.
    enum Work {
        case download
        /// Of the store's file.
        case copy
        case importing

        /// What an extent counts.
        var unit: Unit {
            switch self {
            case .download, .importing: .blocks
            case .copy: .bytes
            }
        }
    }

    enum Unit {
        case blocks
        case bytes
    }

    let work: Work
    var unit: Unit { work.unit }
    private(set) var extent = Extent()
    /// `nil` where it is about one.
    var cores: Cores?
    /// What this run brought.
    private(set) var byteCount: UInt64 = 0
    /// Smoothed over the last seconds.
    var bytesPerSecond: Double { bytes.perSecond }
    private var bytes = RateMeter()
    private var units = RateMeter()

    init(_ work: Work) {
        self.work = work
    }

    /// Takes the counts at `time`. The first call sets where counting begins: what is done then was done before.
    mutating func update(_ extent: Extent, byteCount: UInt64, at time: Duration) {
        bytes.update(byteCount, at: time)
        units.update(extent.done, at: time)
        self.extent = extent
        self.byteCount = byteCount
    }

    /// `nil` while nothing comes.
    var secondsLeft: Double? {
        if extent.done == extent.total { return 0 }
        return units.perSecond > 0 ? Double(extent.total - extent.done) / units.perSecond : nil
    }
}
