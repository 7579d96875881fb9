/// How fast a live run goes, and whether it is connected.
struct LiveMeter {
    /// All there is to show, at one moment.
    struct Reading {
        let extent: ProgressMeter.Extent
        let counts: LiveCores.Counts
        let traffic: Traffic
        let isConnected: Bool
        /// Of those that connected to this side; `nil` where it does not serve.
        let connectionCount: Int?
        let downloadRate: Double
        let uploadRate: Double

        /// Whether something happened since `other`; that it goes on as fast is no news.
        func differs(from other: Reading?) -> Bool {
            guard let other else { return true }
            return extent != other.extent || counts != other.counts || traffic != other.traffic
                || isConnected != other.isConnected || connectionCount != other.connectionCount
        }
    }

    var isConnected = false
    private var traffic = Traffic()
    private var downloads = RateMeter()
    private var uploads = RateMeter()

    /// Takes what was exchanged up to `time`.
    mutating func update(_ traffic: Traffic, at time: Duration) {
        self.traffic = traffic
        downloads.update(traffic.downloadedBytes, at: time)
        uploads.update(traffic.uploadedBytes, at: time)
    }

    func reading(_ extent: ProgressMeter.Extent, _ counts: LiveCores.Counts, connectionCount: Int?) -> Reading {
        Reading(
            extent: extent, counts: counts, traffic: traffic, isConnected: isConnected,
            connectionCount: connectionCount, downloadRate: downloads.perSecond, uploadRate: uploads.perSecond)
    }
}

extension LiveMeter.Reading {
    /// "62,000 of 100,000 blocks, 11 of 12 cores, down 1.20 MB/s, up 0.00 MB/s, connected"
    var words: String {
        var parts = ["\(Words.grouped(extent.done)) of \(Words.blocks(extent.total))"]
        if counts.all > 1 { parts.append("\(Words.grouped(counts.whole)) of \(Words.cores(counts.all))") }
        if counts.refused > 0 { parts.append("\(Words.grouped(counts.refused)) not served") }
        parts.append("down \(Words.rate(downloadRate))")
        parts.append("up \(Words.rate(uploadRate))")
        parts.append(isConnected ? "connected" : "not connected")
        if let connectionCount { parts.append(Words.connections(connectionCount)) }
        return parts.joined(separator: ", ")
    }

    var record: LiveRecord {
        LiveRecord(
            blocks: extent.done, total: extent.total, cores: counts.all, complete: counts.whole,
            refused: counts.refused, connected: isConnected, connections: connectionCount,
            downloadedBytes: traffic.downloadedBytes, uploadedBytes: traffic.uploadedBytes,
            bytesPerSecond: downloadRate.rounded(), uploadedBytesPerSecond: uploadRate.rounded())
    }
}
