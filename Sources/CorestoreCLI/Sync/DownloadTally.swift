import Hypercore
import Synchronization

/// Counts what a core downloads.
final class DownloadTally: Sendable {
    /// What was downloaded so far.
    struct Count: Sendable {
        var blocks: UInt64 = 0
        var bytes: UInt64 = 0
    }

    private let events: AsyncStream<CoreEvent>
    private let state = Mutex(Count())

    /// Counts from now on, once ``run()`` is called.
    init(of core: Hypercore) {
        events = core.events
    }

    var count: Count { state.withLock { $0 } }

    /// Counts until it is cancelled.
    func run() async throws {
        for await case .downloaded(_, let byteCount) in events {
            state.withLock { count in
                count.blocks += 1
                count.bytes += UInt64(byteCount)
            }
        }
        throw CancellationError()
    }
}
