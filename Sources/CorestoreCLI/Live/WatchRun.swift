import Corestore
import Crypto
import Hypercore
import Synchronization

/// One run of `watch`: prints blocks in order, each as soon as it is here.
final class WatchRun: Sendable {
    private let store: Corestore
    private let core: Hypercore
    private let start: UInt64?
    private let end: UInt64
    private let form: BlockForm
    private let console: Console
    private let place = Mutex(Place())

    /// How often to look whether another process has stored more.
    private static let lookInterval = Duration.milliseconds(100)

    /// - Parameter blocks: the first, by default the first that is new; and the first past the last, by default none.
    init(
        _ store: Corestore, _ core: CoreReference, _ encryption: BlockEncryption?,
        blocks: (start: UInt64?, end: UInt64?), _ form: BlockForm, _ console: Console
    ) async throws {
        self.store = store
        self.core = try await store.get(core, options: SessionOptions(encryption: encryption))
        (start, end) = (blocks.start, blocks.end ?? .max)
        (self.form, self.console) = (form, console)
    }

    /// Follows what another process stores, until it is cancelled or the last block was printed.
    func followStore() async throws {
        let core = core
        try await print(from: start ?? core.length) {
            while true {
                try await Task.sleep(for: Self.lookInterval)
                _ = try await core.update()
            }
        }
    }

    /// Follows a peer, until it is cancelled or the last block was printed.
    func follow(_ link: PeerLink) async throws {
        // From before the first connection on, so that nothing is missed.
        let arrivals = core.events
        try await withThrowingTaskGroup { group in
            defer { group.cancelAll() }
            group.addTask { try await self.keepConnected(link) }
            group.addTask {
                let start = if let start = self.start { start } else { try await self.presentLength(arrivals, link) }
                let download = try self.core.download(start: start)
                defer { download.cancel() }
                try await self.print(from: start)
            }
            try await group.next()
        }
    }

    private func keepConnected(_ link: PeerLink) async throws {
        try await link.keepConnected(replicating: store) { [console] change in
            guard case .disconnected(let reason, let pause) = change else { return }
            console.complain("\(reason); connecting again in \(Words.duration(seconds: pause / .seconds(1)))")
        }
    }

    /// How long the core is, once a peer that has it said so.
    private func presentLength(_ arrivals: CoreEvents, _ link: PeerLink) async throws -> UInt64 {
        for await event in arrivals {
            if case .peerRefused = event {
                console.complain("\(link.peer) does not have the core \(core.key)", key: core.key)
            }
            guard case .peerAdded = event else { continue }
            _ = try await core.update()
            return core.length
        }
        throw CancellationError()
    }
}

// MARK: - Printing

extension WatchRun {
    /// Prints what is here and what comes, while `work` makes it come.
    private func print(from start: UInt64, while work: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup { group in
            defer { group.cancelAll() }
            group.addTask { try await self.print(from: start) }
            group.addTask { try await work() }
            try await group.next()
        }
    }

    private func print(from start: UInt64) async throws {
        let events = core.events
        place.withLock { $0 = Place(next: start, fork: core.fork) }
        if console.json { try console.print(json: WatchingRecord(key: core.key.text, start: start)) }
        while let cut = try await printUntilCut(events) {
            let isBelow = place.withLock { place in
                defer { place = Place(next: min(place.next, cut.length), fork: cut.fork) }
                return cut.length < place.next
            }
            if isBelow { try tellOfCut(to: cut.length, cut.fork) }
        }
    }

    /// How far the printing is.
    private struct Place {
        var next: UInt64 = 0
        /// The fork whose blocks are printed. While the core has another one, the event that says where it was cut is
        /// still to come.
        var fork: UInt64 = 0
    }

    /// Where the core was cut.
    private struct Cut {
        let length: UInt64
        let fork: UInt64
    }

    /// - Returns: where the core was cut; `nil` when the last block was printed.
    private func printUntilCut(_ events: CoreEvents) async throws -> Cut? {
        try await withThrowingTaskGroup(of: Cut?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await self.nextCut(events) }
            group.addTask {
                if try await self.printBlocks() { return nil }
                // The cut is about to be told of.
                return try await self.forever()
            }
            guard let cut = try await group.next() else { preconditionFailure("two tasks ended without a result") }
            return cut
        }
    }

    private func forever() async throws -> Cut? {
        while true { try await Task.sleep(for: .seconds(3600)) }
    }

    /// Prints blocks in order, each as soon as it is here.
    ///
    /// - Returns: whether that was all; else the core was cut.
    private func printBlocks() async throws -> Bool {
        while true {
            let (next, fork) = place.withLock { ($0.next, $0.fork) }
            guard next < end else { return true }
            let block = try await core.get(next)
            guard core.fork == fork else { return false }
            try console.print(block: block, at: next, form)
            place.withLock { $0.next += 1 }
        }
    }

    private func nextCut(_ events: CoreEvents) async throws -> Cut {
        for await event in events {
            switch event {
            case .truncated(let length, let fork):
                return Cut(length: length, fork: fork)
            case .missed where core.fork != place.withLock({ $0.fork }):
                // Where it was cut is not known any more.
                return Cut(length: core.length, fork: core.fork)
            case .conflict:
                throw Failure("\(AppendingStop.frozen)")
            case .purged:
                throw Failure("the core was removed from the store")
            default:
                continue
            }
        }
        try Task.checkCancellation()
        throw Failure("the core was closed")
    }

    private func tellOfCut(to length: UInt64, _ fork: UInt64) throws {
        if console.json {
            try console.print(json: TruncatedRecord(length: length, fork: fork))
        } else {
            console.complain("the core was cut to \(Words.blocks(length))")
        }
    }
}
