import Corestore
import CorestoreNIO

/// Shows what a server does: on a terminal each second, elsewhere when something has happened.
struct ServingStatus {
    private let display: ProgressDisplay
    private let traffic: TrafficMeter
    private let start = ContinuousClock.now
    private var downloads = RateMeter()
    private var uploads = RateMeter()
    private var shown: ServingRecord?

    init(_ traffic: TrafficMeter, _ display: ProgressDisplay) {
        self.traffic = traffic
        self.display = display
    }

    /// Goes on until it is cancelled.
    mutating func show(_ server: ReplicationServer, _ store: Corestore) async throws {
        while true {
            try await Task.sleep(for: display.serverInterval)
            let record = measure(connections: server.connectionCount, cores: store.openLogCount)
            if display.isRedrawn || !record.isStill(since: shown) {
                try display.show(status: record.words, or: record)
            }
            shown = record
        }
    }

    private mutating func measure(connections: Int, cores: Int) -> ServingRecord {
        let traffic = traffic.read()
        let time = ContinuousClock.now - start
        downloads.update(traffic.downloadedBytes, at: time)
        uploads.update(traffic.uploadedBytes, at: time)
        return ServingRecord(
            connections: connections, cores: cores, downloadedBlocks: traffic.downloadedBlocks,
            downloadedBytes: traffic.downloadedBytes, uploadedBlocks: traffic.uploadedBlocks,
            uploadedBytes: traffic.uploadedBytes, downloadedBytesPerSecond: downloads.perSecond.rounded(),
            uploadedBytesPerSecond: uploads.perSecond.rounded())
    }
}

extension ServingRecord {
    /// Whether nothing has come or gone since `other`; of a server that did nothing yet there is nothing to tell.
    func isStill(since other: ServingRecord?) -> Bool {
        guard let other else { return connections == 0 && downloadedBlocks == 0 && uploadedBlocks == 0 }
        return connections == other.connections && cores == other.cores && downloadedBlocks == other.downloadedBlocks
            && uploadedBlocks == other.uploadedBlocks
    }

    /// "3 connections, 12 cores open, up 1,234 blocks, 118 MB/s, down 0 blocks, 0.00 MB/s"
    var words: String {
        "\(Words.connections(connections)), \(Words.cores(UInt64(cores))) open, "
            + "up \(Words.blocks(uploadedBlocks)), \(Words.rate(uploadedBytesPerSecond)), "
            + "down \(Words.blocks(downloadedBlocks)), \(Words.rate(downloadedBytesPerSecond))"
    }
}
