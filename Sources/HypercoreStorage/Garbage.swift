import CompactEncoding
public import StorageEngine

/// Blocks and nodes that no head refers to any more, and that wait to be swept.
///
/// Truncating or purging a core writes down what it leaves behind, in the same transaction, and deletes none of it: so
/// it takes as long for a million blocks as for one, and snapshots can go on reading. Sweeping deletes it later in
/// steps of a bounded size, and goes on where it was after a crash.
public struct Garbage: Hashable, Sendable {
    /// How much of a core is garbage.
    public enum Extent: Hashable, Sendable {
        /// All of it: the core was purged.
        case everything
        /// What was cut off by a truncation.
        case tail(GenerationTail)
    }

    /// The core that it belonged to.
    public let core: CoreNumber
    /// How much of it.
    public let extent: Extent
}

// MARK: - Keys

extension Garbage {
    private static let prefix: UInt8 = 0x02

    var key: [UInt8] {
        var writer = ByteWriter(reservingCapacity: 17)
        writer.uint8(Self.prefix)
        writer.uint32BigEndian(core.value)
        if case .tail(let tail) = extent {
            writer.uint32BigEndian(tail.generation.value)
            writer.uint64BigEndian(tail.start)
        }
        return writer.bytes
    }

    init(decodingKey bytes: RawSpan) throws(StorageRecordError) {
        do throws(CompactDecodingError) {
            var reader = ByteReader(bytes)
            _ = try reader.uint8()
            core = CoreNumber(try reader.uint32BigEndian())
            if reader.isAtEnd {
                extent = .everything
            } else {
                extent = .tail(
                    GenerationTail(
                        generation: Generation(try reader.uint32BigEndian()), start: try reader.uint64BigEndian()))
            }
            try reader.requireEnd()
        } catch {
            throw .damaged("key of what waits to be swept", error)
        }
    }

    /// What it occupies from block `start` on, table by table.
    fileprivate func ranges(from start: UInt64) -> [(table: Table, range: KeyRange)] {
        switch extent {
        case .everything:
            [Schema.blocks, Schema.tree, Schema.bitfield].map { ($0, LogKey.all(of: core)) }
        case .tail(let tail):
            [Schema.blocks, Schema.tree].map { ($0, LogKey.range(core, tail.generation, from: max(start, tail.start))) }
        }
    }
}

// MARK: - Sweeping

extension CoreDirectory {
    /// What waits to be swept, `limit` pieces at most, past `last`.
    public func garbage(after last: Garbage? = nil, limit: Int) throws -> [Garbage] {
        var range = RecordKey.garbage
        if let last { range.lower = last.key + [0] }
        var found: [Garbage] = []
        try engine.read { snapshot in
            try snapshot.scan(Schema.cores, range) { key, _ in
                found.append(try Garbage(decodingKey: key))
                return found.count < limit ? .next : .stop
            }
        }
        return found
    }

    /// The write set of one step: it deletes `limit` records of `garbage` at most, and with the last of them the note
    /// that there is garbage.
    ///
    /// - Parameters:
    ///   - garbage: what no head refers to.
    ///   - end: below this block, somebody still reads it: this part stays, and so does the note.
    ///   - limit: how many records one step deletes at most.
    /// - Returns: the set, and whether nothing is left after it.
    public func sweepStep(
        of garbage: Garbage, keepingBelow end: UInt64 = 0, limit: Int
    ) throws -> (set: WriteSet, isLast: Bool) {
        var set = WriteSet()
        var rest = limit
        for (table, range) in garbage.ranges(from: end) {
            let (swept, count, isAll) = try part(of: table, range, limit: rest)
            if count > 0 { set.delete(table, swept) }
            rest -= count
            guard isAll, rest > 0 else { return (set, false) }
        }
        if end == 0 { set.removeRecord(Schema.cores, garbage.key) }
        return (set, true)
    }

    /// The front part of `range` that holds `limit` records at most, and whether that is all of it.
    private func part(
        of table: Table, _ range: KeyRange, limit: Int
    ) throws -> (swept: KeyRange, count: Int, isAll: Bool) {
        let front = try engine.measuring(table, range, limit: limit)
        return (
            KeyRange(lower: range.lower, upper: front.nextKey ?? range.upper), Int(front.recordCount),
            front.nextKey == nil
        )
    }
}
