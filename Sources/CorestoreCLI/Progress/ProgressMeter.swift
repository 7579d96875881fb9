/// How far a download, a copy or an import is, how fast it goes, and how long it will take.
struct ProgressMeter {
    /// What is done of what there is to do, in the meter's unit.
    struct Extent: Equatable {
        var done: UInt64 = 0
        var total: UInt64 = 0

        /// From 0 to 1.
        var fraction: Double { total == 0 ? 1 : Double(done) / Double(total) }
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
    /// What this run brought.
    private(set) var byteCount: UInt64 = 0
    /// Smoothed over the last seconds.
    private(set) var bytesPerSecond = 0.0
    private var unitsPerSecond = 0.0

    private var lastUpdate: Duration?
    private var measurementCount = 0

    /// How many seconds a measurement has to cover to count as much as all before it.
    private static let memory = 2.0

    init(_ work: Work) {
        self.work = work
    }

    /// Takes the counts at `time`. The first call sets where counting begins: what is done then was done before.
    mutating func update(_ extent: Extent, byteCount: UInt64, at time: Duration) {
        if let lastUpdate {
            let seconds = (time - lastUpdate) / .seconds(1)
            guard seconds > 0 else { return }
            let weight = measurementCount == 0 ? 1 : seconds / (seconds + Self.memory)
            let newBytes = Double(byteCount) - Double(self.byteCount)
            let newUnits = Double(extent.done) - Double(self.extent.done)
            bytesPerSecond += weight * (max(0, newBytes) / seconds - bytesPerSecond)
            unitsPerSecond += weight * (max(0, newUnits) / seconds - unitsPerSecond)
            measurementCount += 1
        }
        self.extent = extent
        self.byteCount = byteCount
        lastUpdate = time
    }

    /// `nil` while nothing comes.
    var secondsLeft: Double? {
        if extent.done == extent.total { return 0 }
        return unitsPerSecond > 0 ? Double(extent.total - extent.done) / unitsPerSecond : nil
    }
}
