import HypercoreStorage
import Synchronization

extension Core {
    /// Whether all blocks of `range` are here, of what `view` shows or of the log where it is `nil`.
    func hasAll(_ range: Range<UInt64>, on view: SnapshotView?) throws -> Bool {
        guard let last = range.last else { return true }
        do {
            let answer = try state.withLock { state -> Bool? in
                let head = view?.head ?? state.durable
                guard last < head.length else { return false }
                // The bitfield is that of the log, which may have other blocks now where a snapshot has its own.
                let isShared =
                    last < state.durable.length
                    && state.durable.spans.generation(of: last) == head.spans.generation(of: last)
                return isShared ? try state.blocks.firstMissing(in: range) == nil : nil
            }
            if let answer { return answer }
            guard let view else { return false }
            return try stored.size(of: range, spans: view.head.spans).blockCount
                == range.upperBound - range.lowerBound
        } catch {
            throw HypercoreError(error, key: key)
        }
    }
}
