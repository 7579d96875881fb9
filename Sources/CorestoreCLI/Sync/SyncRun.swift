import Corestore
import CorestoreNIO
import Hypercore
import Synchronization

/// One run of `sync`: connects, learns how long the core is, downloads, and shows how far it is.
final class SyncRun: Sendable {
    private let core: Hypercore
    private let peer: Endpoint
    private let range: BlockRange
    private let isLive: Bool
    private let display: ProgressDisplay
    private let start = ContinuousClock.now
    private let meter = Mutex(ProgressMeter(.download))

    /// How long a peer may take from the connection on to say that it has the core.
    private static let peerTimeout = Duration.seconds(10)

    init(core: Hypercore, peer: Endpoint, range: BlockRange, isLive: Bool, display: ProgressDisplay) {
        self.core = core
        self.peer = peer
        self.range = range
        self.isLive = isLive
        self.display = display
    }

    /// Downloads until everything is here; a live run only ends when it is cancelled.
    ///
    /// - Throws: where the peer does not have the core, or the connection ends before.
    func synchronize(_ store: Corestore) async throws {
        let connection = try await ReplicationClient(logger: Log.logger()).connect(to: peer, replicating: store)
        do {
            try await withTaskCancellationHandler {
                try await download(over: connection)
            } onCancel: {
                // Waiting for the end of a stream cannot be cancelled: end it.
                connection.stream.close()
            }
        } catch {
            try? display.clear()
            await connection.close()
            throw error
        }
        try display.clear()
        await connection.close()
    }

    private func download(over connection: ReplicationConnection) async throws {
        try await withThrowingTaskGroup { group in
            defer { connection.stream.close() }
            group.addTask { throw await self.failure(after: connection.waitUntilClosed()) }
            group.addTask { try await self.download() }
            // Whichever comes first, the other does not matter any more.
            try await group.next()
            group.cancelAll()
        }
    }

    /// How far the run is, in words.
    var state: String {
        meter.withLock { "\(Words.grouped($0.extent.done)) of \(Words.blocks($0.extent.total))" }
    }

    private func failure(after end: ReplicationStreamEnd) -> Failure {
        let reason =
            switch end {
            case .closedLocally: "it was closed here"
            case .closedByRemote: "the other side closed it"
            case .failed(let error): "\(error)"
            }
        return Failure(
            "the connection with \(peer) ended with \(state): \(reason); run the same command again to go on")
    }
}

// MARK: - Downloading

extension SyncRun {
    private func download() async throws {
        try await waitForPeer()
        _ = try await core.update()
        let blocks = isLive ? range.start..<(range.end ?? .max) : try range.resolve(length: core.length)
        let download = try core.download(start: blocks.lowerBound, end: isLive ? range.end : blocks.upperBound)
        defer { download.cancel() }
        try await withThrowingTaskGroup { group in
            group.addTask { try await self.show(blocks) }
            group.addTask { try await download.finished() }
            // The first goes on for ever, but for errors.
            try await group.next()
            group.cancelAll()
        }
    }

    private func waitForPeer() async throws {
        let deadline = ContinuousClock.now + Self.peerTimeout
        while core.peerCount == 0 {
            guard .now < deadline else { throw Failure("\(peer) does not have the core \(core.key)") }
            try await Task.sleep(for: .milliseconds(5))
        }
    }
}

// MARK: - Showing

extension SyncRun {
    /// Shows the download now and then, until it is cancelled. A live one is shown when there is something new.
    private func show(_ blocks: Range<UInt64>) async throws {
        var scan = StoredScan(from: blocks.lowerBound)
        var shown = try measure(blocks, &scan).extent
        while true {
            try await Task.sleep(for: display.interval)
            let now = try measure(blocks, &scan)
            if !isLive || now.extent != shown { try display.show(now) }
            shown = now.extent
        }
    }

    private func measure(_ blocks: Range<UInt64>, _ scan: inout StoredScan) throws -> ProgressMeter {
        let end = max(blocks.lowerBound, min(core.length, blocks.upperBound))
        let extent = ProgressMeter.Extent(
            done: try scan.advance(to: end, in: core) - blocks.lowerBound, total: end - blocks.lowerBound)
        return meter.withLock { meter in
            meter.update(extent, byteCount: core.transfers.downloadedBytes, at: ContinuousClock.now - start)
            return meter
        }
    }

    /// Says how it ended.
    func report(_ event: String) throws {
        try display.finish(
            SyncedRecord(
                event: event, core: CoreRecord(core), downloadedBlocks: core.transfers.downloadedBlocks,
                downloadedBytes: core.transfers.downloadedBytes, seconds: (ContinuousClock.now - start) / .seconds(1)))
    }
}
