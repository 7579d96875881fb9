import Crypto
import Hypercore
import Replication
import Synchronization

/// The cores of a run that goes on: how far each of them is, and whether it is to be had at all.
final class LiveCores: Sendable {
    /// How many cores stand how.
    struct Counts: Equatable {
        /// All that were asked for, those included that are not to be had.
        var all: UInt64 = 0
        /// Those of which every block that is known of is here.
        var whole: UInt64 = 0
        /// Those that a peer was offered and does not have, and that no other has.
        var refused: UInt64 = 0
        /// Those that the run has given up.
        var failed: UInt64 = 0
    }

    private struct Entry {
        let core: Hypercore
        let download: Download
        var extent = ProgressMeter.Extent()
        var isRefused = false
    }

    private struct State {
        var entries: [CoreKey: Entry] = [:]
        var failedCount: UInt64 = 0
        /// Whether no further cores will come.
        var isComplete = false
    }

    private let state = Mutex(State())

    func add(_ core: Hypercore, _ download: Download) {
        state.withLock { $0.entries[core.key] = Entry(core: core, download: download) }
    }

    /// Takes note of what the last peer that was offered a core said to it.
    ///
    /// - Returns: whether that is news.
    func note(isRefused: Bool, _ key: CoreKey) -> Bool {
        state.withLock { state in
            guard state.entries[key]?.isRefused == !isRefused else { return false }
            state.entries[key]?.isRefused = isRefused
            return true
        }
    }

    /// A core is given up, or a line that should name one does not.
    func fail(_ key: CoreKey? = nil) {
        state.withLock { state in
            if let key { state.entries[key] = nil }
            state.failedCount += 1
        }
    }

    /// No further cores will come.
    func end() {
        state.withLock { $0.isComplete = true }
    }

    /// Whether nothing is left to be done, now and later.
    var isExhausted: Bool { state.withLock { $0.isComplete && $0.entries.isEmpty } }

    /// How far all of them are.
    func measure() -> (extent: ProgressMeter.Extent, counts: Counts) {
        state.withLock { state in
            var extent = ProgressMeter.Extent()
            var counts = Counts(all: state.failedCount, failed: state.failedCount)
            for key in state.entries.keys {
                guard var entry = state.entries[key] else { continue }
                // A download that has ended leaves what was known last.
                if let progress = entry.download.progress {
                    entry.extent = ProgressMeter.Extent(done: progress.stored, total: progress.total)
                    state.entries[key] = entry
                }
                extent.done += entry.extent.done
                extent.total += entry.extent.total
                counts.all += 1
                if entry.isRefused { counts.refused += 1 }
                // Of a core that nobody has told of, nothing is known to be missing.
                if entry.extent.done == entry.extent.total, entry.core.length > 0 || !entry.isRefused {
                    counts.whole += 1
                }
            }
            return (extent, counts)
        }
    }
}
