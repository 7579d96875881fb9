import ArgumentParser
import CompactEncoding
import Corestore
import CorestoreNIO
import Crypto
import Hypercore
import Synchronization

/// One run of `sync --live` or `mirror`: cores are kept as peers have them, in both directions, until it is cancelled.
final class LiveRun: Sendable {
    private let store: Corestore
    private let keys: KeyList
    /// The first block of each core, and the first past the last one, if there is to be one.
    private let blocks: (start: UInt64, end: UInt64?)
    private let link: PeerLink?
    private let server: ReplicationServer?
    private let display: ProgressDisplay
    private let cores = LiveCores()
    private let traffic: TrafficMeter
    private let meter: Mutex<LiveMeter>
    private let start = ContinuousClock.now

    init(
        _ store: Corestore, _ keys: KeyList, blocks: (start: UInt64, end: UInt64?) = (0, nil), from link: PeerLink?,
        serving server: ReplicationServer? = nil, _ display: ProgressDisplay
    ) throws {
        self.store = store
        self.keys = keys
        self.blocks = blocks
        self.link = link
        self.server = server
        self.display = display
        traffic = try TrafficMeter(store)
        meter = Mutex(LiveMeter())
    }

    /// Goes on until it is cancelled, every range has come to its end, or no core is left that can be had.
    ///
    /// - Parameter work: something that is done beside.
    func run(beside work: (@Sendable () async throws -> Void)? = nil) async throws {
        defer { try? display.clear() }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            defer { group.cancelAll() }
            if let link { group.addTask { try await self.goOn { try await self.keepConnected(link) } } }
            if let server { group.addTask { await self.goOn { await server.run() } } }
            if let work { group.addTask { try await self.goOn(work) } }
            group.addTask { try await self.goOn { try await self.show() } }
            group.addTask {
                try await self.keepCores()
                return true
            }
            while let isOver = try await group.next(), !isOver {}
        }
    }

    /// Does what the run does not end with.
    private func goOn(_ work: () async throws -> Void) async rethrows -> Bool {
        try await work()
        return false
    }
}

// MARK: - Cores

extension LiveRun {
    private func keepCores() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for try await entry in keys {
                switch entry {
                case .key(let key):
                    cores.announce()
                    group.addTask { try await self.keep(key) }
                case .duplicate(let complaint): display.complain(complaint.words)
                case .malformed(let complaint):
                    cores.announce()
                    cores.fail()
                    display.complain(complaint.words)
                }
            }
            cores.end()
            try cores.requireAny()
        }
    }

    private func keep(_ key: CoreKey) async throws {
        do {
            let sought = try await SoughtCore(key, in: store)
            let download = try sought.core.download(start: blocks.start, end: blocks.end)
            cores.add(sought.core, download)
            if blocks.end == nil {
                try await follow(sought)
            } else {
                try await withThrowingTaskGroup { group in
                    group.addTask { try await self.follow(sought) }
                    group.addTask { try await download.finished() }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
            await sought.close()
        } catch {
            if Task.isCancelled || keys.isSingle || error is ExitCode { throw error }
            cores.fail(key)
            display.complain(error, about: key)
            try cores.requireAny()
        }
    }

    /// Tells of what happens to a core, until there is nothing more to come.
    private func follow(_ sought: SoughtCore) async throws {
        let core = sought.core
        if try core.conflict() != nil { throw Failure("\(AppendingStop.frozen)") }
        for await event in sought.events {
            switch event {
            case .peerAdded:
                cores.note(isServed: true, core.key)
            case .peerRefused where core.peerCount == 0 && !core.holdsSigningKey:
                guard cores.note(isServed: false, core.key), let link else { continue }
                display.complain("\(link.peer) does not have the core \(core.key)", key: core.key)
            case .invalidData(_, let reason):
                display.complain("\(core.key): a peer sent something that does not hold: \(reason)", key: core.key)
            case .conflict:
                throw Failure("\(AppendingStop.frozen)")
            default:
                continue
            }
        }
        try Task.checkCancellation()
        throw Failure("the core \(core.key) was closed")
    }
}

// MARK: - The peer

extension LiveRun {
    private func keepConnected(_ link: PeerLink) async throws {
        try await link.keepConnected(replicating: store) { [self] change in
            meter.withLock { $0.isConnected = change.isConnected }
            switch change {
            case .connected(let publicKey):
                let record = ConnectedRecord(peer: "\(link.peer)", publicKey: publicKey?.bytes.hex)
                try display.note("connected to \(link.peer)", or: record)
            case .disconnected(let reason, let pause):
                let seconds = Words.duration(seconds: pause / .seconds(1))
                display.complain("\(reason); connecting again in \(seconds)")
            }
        }
    }
}

// MARK: - Showing

extension LiveRun {
    private func show() async throws {
        var shown: LiveMeter.Reading?
        var pause = display.interval
        while true {
            try await Task.sleep(for: pause)
            let start = ContinuousClock.now
            let reading = measure()
            pause = display.pause(afterLookingFor: ContinuousClock.now - start)
            if display.isRedrawn || reading.differs(from: shown) {
                try display.show(status: reading.words, or: reading.record)
            }
            shown = reading
        }
    }

    private func measure() -> LiveMeter.Reading {
        let (extent, counts) = cores.measure()
        let traffic = traffic.read()
        let connectionCount = server?.connectionCount
        return meter.withLock { meter in
            meter.update(traffic, at: ContinuousClock.now - start)
            return meter.reading(extent, counts, connectionCount: connectionCount)
        }
    }

    /// What the run came to.
    func summary(_ event: String) -> SyncSummaryRecord {
        let reading = measure()
        return SyncSummaryRecord(
            event: event, cores: reading.counts.all, complete: reading.counts.whole,
            failed: reading.counts.failed + reading.counts.refused,
            downloadedBlocks: reading.traffic.downloadedBlocks, downloadedBytes: reading.traffic.downloadedBytes,
            uploadedBlocks: reading.traffic.uploadedBlocks, uploadedBytes: reading.traffic.uploadedBytes,
            seconds: (ContinuousClock.now - start) / .seconds(1))
    }

    /// Says what a run of `sync` came to.
    ///
    /// - Throws: where a core could not be had.
    func finish(_ event: String) async throws {
        let summary = summary(event)
        if keys.isSingle, let key = keys.given.first {
            let core = try await store.get(key: key)
            let record = SyncedRecord(
                event: event, core: try CoreRecord(core), downloadedBlocks: summary.downloadedBlocks,
                downloadedBytes: summary.downloadedBytes, seconds: summary.seconds)
            try display.finish(record, isSingle: true)
            await core.close()
        } else {
            try display.console.print(summary.words, or: summary)
        }
        if summary.failed > 0 { throw Failure(summary.failureWords) }
    }
}
