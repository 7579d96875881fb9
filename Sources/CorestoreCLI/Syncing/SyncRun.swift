import ArgumentParser
import Corestore
import CorestoreNIO
import Crypto
import Hypercore

/// One run of `sync` that ends when everything is here: connects, and for each key learns how long the core is and
/// downloads it. A core that cannot be had is told of, and does not stop the others.
final class SyncRun: Sendable {
    private let store: Corestore
    private let keys: KeyList
    private let range: BlockRange
    private let link: PeerLink
    private let display: ProgressDisplay
    private let tally: SyncTally
    private let start = ContinuousClock.now

    /// How many cores are worked on at a time: enough that no connection idles, few enough to hold in memory.
    private static let openLimit = 64

    init(_ store: Corestore, _ keys: KeyList, _ range: BlockRange, from link: PeerLink, _ display: ProgressDisplay)
        throws
    {
        self.store = store
        self.keys = keys
        self.range = range
        self.link = link
        self.display = display
        tally = SyncTally(try TrafficMeter(store))
    }

    /// Downloads until everything is here.
    ///
    /// - Throws: where the connection ends before, and for a single core that cannot be had.
    func run() async throws {
        do {
            try await display.during { [self] in
                try await link.whileConnected(replicating: store) { try await self.copyAll() }
            } show: { [self] in
                try display.show(tally.measure())
            }
        } catch let end as LinkEnd {
            throw Failure(
                "the connection with \(link.peer) ended with \(state): \(end.reason); run the same command again to go on"
            )
        }
    }

    /// Says what the run came to.
    ///
    /// - Throws: where a core could not be had.
    func finish() throws {
        guard !keys.isSingle else { return }
        let summary = tally.summary("finished")
        guard summary.cores > 0 else { throw Failure("there is no key to ask for") }
        try display.console.print(summary.words, or: summary)
        if summary.failed > 0 { throw Failure(summary.failureWords) }
    }

    /// How far the run is, in words.
    var state: String {
        let extent = tally.measure().extent
        return "\(Words.grouped(extent.done)) of \(Words.blocks(extent.total))"
    }
}

// MARK: - Copying

extension SyncRun {
    private func copyAll() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var openCount = 0
            for try await entry in keys {
                switch entry {
                case .duplicate(let complaint):
                    display.complain(complaint.words)
                case .malformed(let complaint):
                    tally.addCore()
                    tally.fail()
                    display.complain(complaint.words)
                case .key(let key):
                    if openCount == Self.openLimit {
                        try await group.next()
                        openCount -= 1
                    }
                    openCount += 1
                    group.addTask { try await self.copyOrComplain(key) }
                }
            }
            try await group.waitForAll()
        }
    }

    private func copyOrComplain(_ key: CoreKey) async throws {
        tally.addCore()
        do {
            try await copy(key)
        } catch {
            // A single core's failure is the command's, and what ends the whole run is no core's.
            if keys.isSingle || Task.isCancelled || error is ExitCode { throw error }
            tally.fail()
            display.complain(error, about: key)
        }
    }

    private func copy(_ key: CoreKey) async throws {
        let start = ContinuousClock.now
        let sought = try await SoughtCore(key, in: store)
        guard case .has = try await sought.answer() else {
            try await sought.abandon()
            throw Failure("\(link.peer) does not have the core \(key)")
        }
        let core = sought.core
        _ = try await core.update()
        let blocks = try range.resolve(length: core.length)
        let download = try core.download(start: blocks.lowerBound, end: blocks.upperBound)
        tally.begin(download)
        do {
            try await download.finished()
        } catch {
            tally.drop(download)
            throw error
        }
        tally.complete(download, blockCount: UInt64(blocks.count))
        let record = SyncedRecord(
            event: "complete", core: try CoreRecord(core), downloadedBlocks: core.transfers.downloadedBlocks,
            downloadedBytes: core.transfers.downloadedBytes,
            seconds: (ContinuousClock.now - start) / .seconds(1))
        try display.finish(record, isSingle: keys.isSingle)
        await sought.close()
    }
}
