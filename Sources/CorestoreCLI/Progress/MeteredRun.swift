import Corestore
import Hypercore
import StorageEngine
import Synchronization

/// One run of `compact`, `backup` or `import`, which shows how far it is.
final class MeteredRun: Sendable {
    private let display: ProgressDisplay
    private let start = ContinuousClock.now
    private let meter: Mutex<ProgressMeter>

    init(_ work: ProgressMeter.Work, _ display: ProgressDisplay) {
        self.display = display
        meter = Mutex(ProgressMeter(work))
    }

    /// Does the work, which says with ``update(_:)-(CopyProgress)`` or its like how far it is.
    func run<Result: Sendable>(_ work: @escaping @Sendable () async throws -> Result) async throws -> Result {
        try await display.during(work) {
            let meter = self.meter.withLock { $0 }
            // Before the first bytes, how many there are is not known.
            if meter.extent.total > 0 { try self.display.show(meter) }
        }
    }

    /// Takes the progress of a copy, on any thread.
    func update(_ progress: CopyProgress) {
        let copied = UInt64(progress.copiedByteCount)
        update(ProgressMeter.Extent(done: copied, total: UInt64(progress.expectedByteCount)), byteCount: copied)
    }

    /// Takes the progress of an import.
    func update(_ progress: ArchiveProgress) {
        update(
            ProgressMeter.Extent(done: progress.blockCount, total: progress.length), byteCount: progress.byteCount)
    }

    private func update(_ extent: ProgressMeter.Extent, byteCount: UInt64) {
        meter.withLock { $0.update(extent, byteCount: byteCount, at: ContinuousClock.now - start) }
    }

    /// How far it is.
    var extent: ProgressMeter.Extent { meter.withLock { $0.extent } }

    /// The bytes of what is done.
    var byteCount: UInt64 { meter.withLock { $0.byteCount } }

    /// Since the run was made.
    var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }
}
