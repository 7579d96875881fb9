import Hypercore
import Replication
import Synchronization

/// How far a run over many cores is.
final class SyncTally: Sendable {
    /// A core that is being downloaded.
    private struct Active {
        let download: Download
        var extent = ProgressMeter.Extent()

        /// Takes over how far it is; a download that has ended leaves what was known last.
        mutating func update() {
            guard let progress = download.progress else { return }
            extent = ProgressMeter.Extent(done: progress.stored, total: progress.total)
        }
    }

    private struct State {
        var active: [ObjectIdentifier: Active] = [:]
        /// Of cores that are through, or were given up.
        var settled = ProgressMeter.Extent()
        var coreCount: UInt64 = 0
        var completeCount: UInt64 = 0
        var failedCount: UInt64 = 0
        var meter = ProgressMeter(.download)
    }

    private let state = Mutex(State())
    private let traffic: TrafficMeter
    private let start = ContinuousClock.now

    init(_ traffic: TrafficMeter) {
        self.traffic = traffic
    }

    /// A core is about to be worked on.
    func addCore() {
        state.withLock { $0.coreCount += 1 }
    }

    /// What is to be had of a core is known.
    func begin(_ download: Download) {
        state.withLock { $0.active[ObjectIdentifier(download)] = Active(download: download) }
    }

    /// A core is whole.
    func complete(_ download: Download, blockCount: UInt64) {
        state.withLock { state in
            state.active[ObjectIdentifier(download)] = nil
            state.settled.done += blockCount
            state.settled.total += blockCount
            state.completeCount += 1
        }
    }

    /// A download ended before the core was whole; what is here of it, and what is missing, goes on counting.
    func drop(_ download: Download) {
        state.withLock { state in
            guard let extent = state.active.removeValue(forKey: ObjectIdentifier(download))?.extent else { return }
            state.settled.done += extent.done
            state.settled.total += extent.total
        }
    }

    /// A core is not to be had, or a line that should name one does not.
    func fail() {
        state.withLock { $0.failedCount += 1 }
    }

    var failedCount: UInt64 { state.withLock { $0.failedCount } }

    /// How far the run is now.
    func measure() -> ProgressMeter {
        let traffic = traffic.read()
        return state.withLock { state in
            var extent = state.settled
            for id in state.active.keys {
                state.active[id]?.update()
                guard let part = state.active[id]?.extent else { continue }
                extent.done += part.done
                extent.total += part.total
            }
            state.meter.cores = state.coreCount > 1 ? .init(done: state.completeCount, total: state.coreCount) : nil
            state.meter.update(extent, byteCount: traffic.downloadedBytes, at: ContinuousClock.now - start)
            return state.meter
        }
    }

    /// What the run came to.
    func summary(_ event: String) -> SyncSummaryRecord {
        let traffic = traffic.read()
        return state.withLock { state in
            SyncSummaryRecord(
                event: event, cores: state.coreCount, complete: state.completeCount, failed: state.failedCount,
                downloadedBlocks: traffic.downloadedBlocks, downloadedBytes: traffic.downloadedBytes,
                uploadedBlocks: traffic.uploadedBlocks, uploadedBytes: traffic.uploadedBytes,
                seconds: (ContinuousClock.now - start) / .seconds(1))
        }
    }
}
