import Corestore
import Hypercore
import Synchronization

/// Blocks and bytes that went over connections.
struct Traffic: Equatable {
    var downloadedBlocks: UInt64 = 0
    var downloadedBytes: UInt64 = 0
    var uploadedBlocks: UInt64 = 0
    var uploadedBytes: UInt64 = 0

    fileprivate init(_ counts: TransferCounts) {
        downloadedBlocks = counts.downloadedBlocks
        downloadedBytes = counts.downloadedBytes
        uploadedBlocks = counts.uploadedBlocks
        uploadedBytes = counts.uploadedBytes
    }

    init() {}

    /// Adds what came to `new` since it was `old`.
    fileprivate mutating func add(_ new: Traffic, since old: Traffic) {
        downloadedBlocks += new.downloadedBlocks - old.downloadedBlocks
        downloadedBytes += new.downloadedBytes - old.downloadedBytes
        uploadedBlocks += new.uploadedBlocks - old.uploadedBlocks
        uploadedBytes += new.uploadedBytes - old.uploadedBytes
    }
}

/// Counts what all cores of a store exchange with peers, those included that are open only for as long as a peer asks for
/// them.
final class TrafficMeter: Sendable {
    private struct Log {
        /// Weak: it keeps no log open.
        let session: Hypercore
        var counted = Traffic()
    }

    private struct State {
        var logs: [Log] = []
        var total = Traffic()
    }

    private let state = Mutex(State())
    private let watch = Mutex<StoreWatch?>(nil)

    /// Begins to count; what was open before is not counted.
    init(_ store: Corestore) throws {
        let watch = try store.watch { [weak self] log in
            self?.state.withLock { $0.logs.append(Log(session: log)) }
        }
        self.watch.withLock { $0 = watch }
    }

    deinit {
        watch.withLock { $0?.end() }
    }

    /// What was exchanged so far.
    func read() -> Traffic {
        state.withLock { state in
            for position in state.logs.indices {
                let counts = Traffic(state.logs[position].session.transfers)
                state.total.add(counts, since: state.logs[position].counted)
                state.logs[position].counted = counts
            }
            // A log that is closed counts no more. One that closes after it was read above is read again next time.
            state.logs.removeAll { log in
                (try? log.session.info()) == nil && Traffic(log.session.transfers) == log.counted
            }
            return state.total
        }
    }
}
