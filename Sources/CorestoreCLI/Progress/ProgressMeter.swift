/// How far a download is, how fast it goes, and how long it will take.
struct ProgressMeter {
    /// What is here of what there is to have, in blocks.
    struct Extent: Equatable {
        var stored: UInt64 = 0
        var total: UInt64 = 0

        /// From 0 to 1.
        var fraction: Double { total == 0 ? 1 : Double(stored) / Double(total) }
    }

    private(set) var extent = Extent()
    /// What this run brought.
    private(set) var downloadedBytes: UInt64 = 0
    /// Smoothed over the last seconds.
    private(set) var bytesPerSecond = 0.0
    private var blocksPerSecond = 0.0

    private var lastUpdate: Duration?
    private var measurementCount = 0

    /// How many seconds a measurement has to cover to count as much as all before it.
    private static let memory = 2.0

    /// Takes the counts at `time`. The first call sets where counting begins: what is stored then came before.
    mutating func update(_ extent: Extent, downloadedBytes: UInt64, at time: Duration) {
        if let lastUpdate {
            let seconds = (time - lastUpdate) / .seconds(1)
            guard seconds > 0 else { return }
            let weight = measurementCount == 0 ? 1 : seconds / (seconds + Self.memory)
            let newBytes = Double(downloadedBytes) - Double(self.downloadedBytes)
            let newBlocks = Double(extent.stored) - Double(self.extent.stored)
            bytesPerSecond += weight * (max(0, newBytes) / seconds - bytesPerSecond)
            blocksPerSecond += weight * (max(0, newBlocks) / seconds - blocksPerSecond)
            measurementCount += 1
        }
        self.extent = extent
        self.downloadedBytes = downloadedBytes
        lastUpdate = time
    }

    /// `nil` while nothing comes.
    var secondsLeft: Double? {
        if extent.stored == extent.total { return 0 }
        return blocksPerSecond > 0 ? Double(extent.total - extent.stored) / blocksPerSecond : nil
    }
}
