import Replication

/// Has peers bring blocks before a stream comes to them: a window of bounded length that moves along.
///
/// What they bring is stored, and not held in memory.
struct ReadAhead {
    /// The longest window.
    static let maximumBlockCount = 4096

    private let blockCount: UInt64
    private let isDescending: Bool
    /// How many blocks are read before the window is looked at again.
    private var rest: UInt64 = 0
    private var window: DownloadedWindow?

    init(blockCount: Int, isDescending: Bool = false) {
        self.blockCount = UInt64(min(max(blockCount, 0), Self.maximumBlockCount))
        self.isDescending = isDescending
    }

    /// The stream has come to block `index`, and goes on within `bounds`.
    mutating func come(to index: UInt64, of log: Hypercore, on view: SnapshotView?, within bounds: Range<UInt64>) {
        guard blockCount > 0 else { return }
        guard rest == 0 else {
            rest -= 1
            return
        }
        rest = blockCount / 2
        let next = blocks(around: index).clamped(to: bounds)
        // What a snapshot or a branch shows and the log has not is not brought by anybody.
        let beside = log.headBesideTheLog(view)
        let isNeeded = next.last.map { last in
            let isShared = beside.map { log.core.isShared(last, with: $0) } ?? true
            // Where it cannot be told which blocks are here, those that are can still be read.
            return isShared && (try? log.core.hasAll(next, of: beside)) == false
        }
        // The new one is begun before the old one is dropped, so that what both ask for stays asked for.
        window = isNeeded == true ? DownloadedWindow(next, of: log) : nil
    }

    private func blocks(around index: UInt64) -> Range<UInt64> {
        guard isDescending else {
            let (end, overflow) = index.addingReportingOverflow(blockCount)
            return index..<(overflow ? .max : end)
        }
        return index - min(index, blockCount)..<index + 1
    }
}

/// A download that ends when nobody holds this any more.
private final class DownloadedWindow: Sendable {
    private let download: Download

    init(_ blocks: Range<UInt64>, of log: Hypercore) {
        download = log.core.download(.blocks(blocks, order: .linear), in: log.waits)
    }

    deinit {
        download.cancel()
    }
}
