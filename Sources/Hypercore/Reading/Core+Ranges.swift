import HypercoreStorage
import Synchronization

extension Core {
    /// Whether all blocks of `range` are here, of the log that `other` is the head of, or of this one where it is `nil`.
    func hasAll(_ range: Range<UInt64>, of other: HeadRecord?) throws -> Bool {
        guard let last = range.last else { return true }
        do {
            let answer = try state.withLock { state -> Bool? in
                let head = other ?? state.durable
                guard last < head.length else { return false }
                // The bitfield is that of the log, which may have other blocks where a snapshot or a branch has its own.
                let isShared =
                    last < state.durable.length
                    && state.durable.spans.generation(of: last) == head.spans.generation(of: last)
                return isShared ? try state.blocks.firstMissing(in: range) == nil : nil
            }
            if let answer { return answer }
            guard let other else { return false }
            return try stored.size(of: range, spans: other.spans).blockCount
                == range.upperBound - range.lowerBound
        } catch {
            throw HypercoreError(error, key: key)
        }
    }
}
