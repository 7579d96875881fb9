import CompactEncoding
import StorageEngine

extension StoredCore {
    /// The head of the branch `name`; `nil` where there is no such branch.
    ///
    /// - Throws: `StorageError`; ``StorageRecordError`` where the record does not decode.
    public func branch(_ name: [UInt8]) throws -> HeadRecord? {
        try engine.read { snapshot in
            try snapshot.withRecord(Schema.cores, RecordKey.branch(number, name)) { try HeadRecord(decoding: $0) }
        }
    }

    /// The names of the branches, in their order, `limit` of them at most, past `last`.
    public func branchNames(after last: [UInt8]? = nil, limit: Int) throws -> [[UInt8]] {
        let all = RecordKey.branches(of: number)
        let prefix = RecordKey.branch(number, []).count
        let range = last.map { KeyRange(lower: RecordKey.branch(number, $0) + [0], upper: all.upper) } ?? all
        var names: [[UInt8]] = []
        try engine.read { snapshot in
            try snapshot.scan(Schema.cores, range) { key, _ in
                names.append([UInt8](copying: key.extracting(droppingFirst: prefix)))
                return names.count < limit ? .next : .stop
            }
        }
        return names
    }

    /// The runs of blocks of `range` that are stored, ascending. Reads the keys of all of them, in one go.
    public func storedRuns(in range: Range<UInt64>, spans: Spans) throws -> [Range<UInt64>] {
        var runs: [Range<UInt64>] = []
        try scanBlocks(range, spans: spans) { index, _ in
            if let last = runs.last, last.upperBound == index {
                runs[runs.count - 1] = last.lowerBound..<index + 1
            } else {
                runs.append(index..<index + 1)
            }
            return .next
        }
        return runs
    }
}

extension HeadRecord {
    /// Up to where `tail` is not to be swept for the sake of this head: as far as its blocks reach, and as far as can be
    /// where it appends to the generation, for an append may be on its way.
    public func end(in tail: GenerationTail) -> UInt64 {
        spans.openGeneration == tail.generation ? .max : spans.end(in: tail, length: length)
    }
}

extension CoreDirectory {
    /// Up to where `garbage` is not to be swept for the sake of the stored head of a core, or a stored branch of it; 0 where
    /// all of it can be.
    ///
    /// A branch may go on reading what the main line has cut off, and bring it back into the main line when it is
    /// committed.
    public func end(ofReadsIn garbage: Garbage) throws -> UInt64 {
        guard case .tail(let tail) = garbage.extent else { return 0 }
        return try engine.read { snapshot in
            let main = try snapshot.withRecord(Schema.cores, RecordKey.record(garbage.core, .head)) {
                try HeadRecord(decoding: $0)
            }
            var end = main?.end(in: tail) ?? 0
            try snapshot.scan(Schema.cores, RecordKey.branches(of: garbage.core)) { _, record in
                end = max(end, try HeadRecord(decoding: record).end(in: tail))
                return .next
            }
            return end
        }
    }
}
