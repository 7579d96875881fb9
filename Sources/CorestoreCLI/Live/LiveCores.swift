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
        /// What the peer that was asked last said to it; `nil` before any was.
        var isServed: Bool?
        /// Whether a peer that serves it has said that there is nothing in it.
        var isToldEmpty = false

        /// Whether nothing that is known of is missing. Of a core that nobody has told of, nothing is known.
        var isWhole: Bool { extent.done == extent.total && (extent.total > 0 || isToldEmpty) }

        /// Takes over how far it is; a download that has ended leaves what was known last.
        mutating func update() {
            guard let progress = download.progress else { return }
            extent = ProgressMeter.Extent(done: progress.stored, total: progress.total)
            guard extent.total == 0, isServed == true, !isToldEmpty else { return }
            // A peer says that it uploads in the same message as its length, which is 0 before.
            isToldEmpty = core.peers.contains { $0.status.map { $0.isUploading && $0.length == 0 } ?? false }
        }
    }

    private struct State {
        var entries: [CoreKey: Entry] = [:]
        var count: UInt64 = 0
        var failedCount: UInt64 = 0
        /// Whether no further cores will come.
        var isComplete = false
    }

    private let state = Mutex(State())

    /// A core was asked for, or a line that should name one does not.
    func announce() {
        state.withLock { $0.count += 1 }
    }

    func add(_ core: Hypercore, _ download: Download) {
        state.withLock { $0.entries[core.key] = Entry(core: core, download: download) }
    }

    /// Takes note of whether the peer that was offered a core last has it.
    ///
    /// - Returns: whether that is news.
    @discardableResult
    func note(isServed: Bool, _ key: CoreKey) -> Bool {
        state.withLock { state in
            guard let entry = state.entries[key], entry.isServed != isServed else { return false }
            state.entries[key]?.isServed = isServed
            return true
        }
    }

    /// One that was announced is given up.
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

    /// Throws where nothing is left to be done, now and later.
    func requireAny() throws(Failure) {
        let (isExhausted, count) = state.withLock { ($0.isComplete && $0.failedCount == $0.count, $0.count) }
        guard isExhausted else { return }
        throw Failure(count == 0 ? "there is no key to ask for" : "none of the cores could be had")
    }

    /// How far all of them are.
    func measure() -> (extent: ProgressMeter.Extent, counts: Counts) {
        state.withLock { state in
            var extent = ProgressMeter.Extent()
            var counts = Counts(all: state.count, failed: state.failedCount)
            // In place, for there may be tens of thousands.
            for position in state.entries.values.indices {
                state.entries.values[position].update()
                let entry = state.entries.values[position]
                extent.done += entry.extent.done
                extent.total += entry.extent.total
                if entry.isServed == false { counts.refused += 1 }
                if entry.isWhole { counts.whole += 1 }
            }
            return (extent, counts)
        }
    }
}
