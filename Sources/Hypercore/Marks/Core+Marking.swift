import Bitfield
import HypercoreStorage
import StorageEngine
import Synchronization

extension Core {
    /// How many blocks are marked before they are handed on, and so how much waits in memory.
    private static let markingStep = UInt64(MarkKeeper.pendingPageLimit * BitfieldPage.bitCount)

    /// Begins to mark, with no block marked; see ``Hypercore/startMarking()``.
    func startMarking() async throws {
        do {
            let writer = try requireWriter()
            let commit = try state.withLock { state in
                try requireChangeable(state)
                // Under the core's lock, so that a truncation comes before or after and is seen by the marks.
                return marks.begin(length: state.staged.length, through: writer)
            }
            try await writer.commit(commit)
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }

    /// Marks a block that was read. Reads nothing and waits for nothing.
    func markRead(_ index: UInt64) {
        guard marks.isActive, marks.mark(index..<index + 1), let writer else { return }
        guard let flush = marks.flush(through: writer) else { return }
        // Not here: a read does no work of the disk's. Where the commit fails, the marks wait for the next one again.
        Task { try? await writer.commit(flush.commit) }
    }

    /// Marks blocks, and returns when the marks are stored.
    func mark(_ range: Range<UInt64>) async throws {
        do {
            let writer = try requireWriter()
            let known = range.clamped(to: 0..<(try requireMarks().length))
            var start = known.lowerBound
            repeat {
                let end = min(start + Self.markingStep, known.upperBound)
                _ = marks.mark(start..<end)
                try await flushMarks(through: writer)
                start = end
            } while start < known.upperBound
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }

    /// Returns when everything that was marked before is stored.
    private func flushMarks(through writer: GroupWriter) async throws {
        while let flush = marks.flush(through: writer) {
            try Task.checkCancellation()
            try await writer.commit(flush.commit)
            if flush.isAll { return }
        }
    }

    /// Hands what was marked to the writer, for nobody will be there to do it.
    func leaveMarks() {
        guard marks.isActive, let writer else { return }
        while let flush = marks.flush(through: writer), !flush.isAll {}
        writer.drive()
    }

    private func requireMarks() throws(HypercoreError) -> MarkRecord {
        guard let record = marks.record else {
            throw HypercoreError(
                .notMarking, key: key, "no blocks are being marked; begin with startMarking(), and mark what is to stay"
            )
        }
        return record
    }
}

// MARK: - Sweeping

extension Core {
    /// Clears what is not marked, and ends marking; see ``Hypercore/sweepUnmarked(batchSize:)``.
    func sweepUnmarked(batchSize: Int) async throws -> Hypercore.ClearResult {
        var result = Hypercore.ClearResult(blockCount: 0, byteCount: 0)
        do {
            let writer = try requireWriter()
            let run = try requireMarks().run
            try await flushMarks(through: writer)
            var position: UInt64 = 0
            while let batch = try unmarkedBlocks(from: position, limit: batchSize) {
                try Task.checkCancellation()
                let cleared = try await clearUnmarked(batch.ranges)
                result.blockCount += cleared.blockCount
                result.byteCount += cleared.byteCount
                position = batch.next
                await Task.yield()
            }
            guard let commit = marks.end(run, through: writer) else {
                throw HypercoreError(.conflict, key: key, "marking was begun anew while the unmarked blocks were swept")
            }
            try await writer.commit(commit)
            return result
        } catch {
            throw HypercoreError.translating(error, key: key)
        }
    }

    private func clearUnmarked(_ ranges: [Range<UInt64>]) async throws -> Hypercore.ClearResult {
        var result = Hypercore.ClearResult(blockCount: 0, byteCount: 0)
        guard let first = ranges.first, let last = ranges.last else { return result }
        let weight = Self.clearingByteCount(of: first.lowerBound..<last.upperBound) + 256 * ranges.count
        result = try await change(byteCount: weight) { draft, _ in
            var cleared = Hypercore.ClearResult(blockCount: 0, byteCount: 0)
            // A truncation that came in between has made these places other blocks'.
            let known = marks.record?.length ?? 0
            for range in ranges.map({ $0.clamped(to: 0..<known) }) where !range.isEmpty {
                let part = try clear(&draft, range)
                cleared.blockCount += part.blockCount
                cleared.byteCount += part.byteCount
            }
            return cleared
        }
        return result
    }

    /// The next blocks that are here and not marked, `limit` at most and within one page of marks; `nil` at the end.
    private func unmarkedBlocks(
        from position: UInt64, limit: Int
    ) throws -> (ranges: [Range<UInt64>], next: UInt64)? {
        let found = try state.withLock { state -> (start: UInt64, end: UInt64, words: [UInt32])? in
            try requireChangeable(state)
            let end = min(state.durable.length, marks.record?.length ?? 0)
            guard position < end, let start = try state.blocks.firstStored(in: position..<end) else { return nil }
            let pageSize = UInt64(BitfieldPage.bitCount)
            let pageStart = start / pageSize * pageSize
            let words = try state.blocks.words(
                from: pageStart, count: BitfieldPage.bitCount / 32, length: state.durable.length)
            return (start, min(pageStart + pageSize, end), words)
        }
        guard let (start, end, words) = found else { return nil }
        let index = start / UInt64(BitfieldPage.bitCount)
        var marked = try stored.markPages.page(at: index) ?? .empty
        marked.formUnion(marks.pendingPage(at: index))

        let pageStart = index * UInt64(BitfieldPage.bitCount)
        var ranges: [Range<UInt64>] = []
        var count = 0
        var block = start
        while block < end, count < limit {
            let bit = Int(block - pageStart)
            if words[bit / 32] >> UInt32(bit % 32) & 1 == 1, !marked[bit] {
                if let last = ranges.last, last.upperBound == block {
                    ranges[ranges.count - 1] = last.lowerBound..<block + 1
                } else {
                    ranges.append(block..<block + 1)
                }
                count += 1
            }
            block += 1
        }
        return (ranges, block)
    }
}
