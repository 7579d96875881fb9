import StorageEngine
import Synchronization

/// One run of `compact` or `backup`: the store's file is copied, and shows how far that is.
final class CopyRun: Sendable {
    /// Copies, and calls back now and then, on any thread.
    typealias Copy = @Sendable (_ progress: @escaping @Sendable (CopyProgress) -> Void) async throws -> Void

    private let display: ProgressDisplay
    private let start = ContinuousClock.now
    private let meter = Mutex(ProgressMeter(.bytes))

    init(_ display: ProgressDisplay) {
        self.display = display
    }

    /// Copies to the end.
    func run(_ copy: @escaping Copy) async throws {
        try await display.during {
            try await copy(self.update)
        } show: {
            let meter = self.meter.withLock { $0 }
            // Before the first bytes, how many there are is not known.
            if meter.extent.total > 0 { try self.display.show(meter) }
        }
    }

    private func update(_ progress: CopyProgress) {
        meter.withLock { meter in
            meter.update(
                ProgressMeter.Extent(
                    done: UInt64(progress.copiedByteCount), total: UInt64(progress.expectedByteCount)),
                byteCount: UInt64(progress.copiedByteCount), at: ContinuousClock.now - start)
        }
    }

    /// How many bytes were copied so far.
    var copiedByteCount: UInt64 { meter.withLock { $0.byteCount } }

    /// Since the run was made.
    var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }
}
