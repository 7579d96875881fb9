/// An ordered map from keys to values that is cheap to copy and to change a copy of: chunks of neighbouring records.
///
/// A copy shares all chunks; changing a record afterwards copies its chunk and the list of chunks, not the records.
struct SortedRecords: Sendable {
    struct Record: Sendable {
        let key: [UInt8]
        var value: [UInt8]

        func precedes(_ other: RawSpan) -> Bool { key.span.bytes.precedes(other) }
        func follows(_ other: RawSpan) -> Bool { other.precedes(key.span.bytes) }
    }

    /// A record's place: chunk, and index in the chunk. The end is the place after the last record of the last chunk.
    struct Place: Equatable {
        var chunk: Int
        var index: Int
    }

    /// A chunk that grows past this is split in two.
    private static let maximumChunkCount = 128

    /// Never empty chunks, in order.
    private var chunks: [[Record]] = []
}

extension SortedRecords {
    /// Calls `body` with the value of `key`, where it has one.
    func withValue(_ key: RawSpan, _ body: (RawSpan) -> Void) {
        let place = lowerBound(key)
        guard holds(key, at: place) else { return }
        let value = chunks[place.chunk][place.index].value
        body(value.span.bytes)
    }

    /// Visits the records of `range` in `order` until `body` says stop.
    func scan(_ range: KeyRange, _ order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep) {
        var (low, high) = places(of: range)
        while isBefore(low, high) {
            if order == .descending { stepBack(&high) }
            let place = order == .ascending ? low : high
            let record = chunks[place.chunk][place.index]
            guard body(record.key.span.bytes, record.value.span.bytes) == .next else { return }
            if order == .ascending { step(&low) }
        }
    }

    /// Stores `value` under `key`.
    mutating func put(_ key: RawSpan, _ value: RawSpan) {
        let place = lowerBound(key)
        let bytes = value.withUnsafeBytes { [UInt8]($0) }
        if holds(key, at: place) {
            chunks[place.chunk][place.index].value = bytes
            return
        }
        let record = Record(key: key.withUnsafeBytes { [UInt8]($0) }, value: bytes)
        guard !chunks.isEmpty else { return chunks.append([record]) }
        // A key past the end joins the last chunk.
        let chunk = min(place.chunk, chunks.count - 1)
        chunks[chunk].insert(record, at: place.chunk == chunk ? place.index : chunks[chunk].count)
        splitIfLong(chunk)
    }

    /// Removes `key`.
    mutating func remove(_ key: RawSpan) {
        let place = lowerBound(key)
        guard holds(key, at: place) else { return }
        chunks[place.chunk].remove(at: place.index)
        if chunks[place.chunk].isEmpty { chunks.remove(at: place.chunk) }
    }

    /// Removes all keys of `range`.
    mutating func remove(_ range: KeyRange) {
        let (low, high) = places(of: range)
        guard isBefore(low, high) else { return }
        if low.chunk == high.chunk {
            chunks[low.chunk].removeSubrange(low.index..<high.index)
        } else {
            if high.chunk < chunks.count { chunks[high.chunk].removeSubrange(..<high.index) }
            chunks[low.chunk].removeSubrange(low.index...)
            chunks.removeSubrange(low.chunk + 1..<high.chunk)
        }
        // Only the two chunks at the edges can be empty now, and they are neighbours.
        for chunk in [low.chunk + 1, low.chunk] where chunk < chunks.count && chunks[chunk].isEmpty {
            chunks.remove(at: chunk)
        }
    }
}

extension SortedRecords {
    /// The place of the first record whose key is not before `key`.
    private func lowerBound(_ key: RawSpan) -> Place {
        let chunk = partition(chunks.count) { chunks[$0][chunks[$0].count - 1].precedes(key) }
        guard chunk < chunks.count else { return end }
        let records = chunks[chunk]
        return Place(chunk: chunk, index: partition(records.count) { records[$0].precedes(key) })
    }

    private var end: Place { Place(chunk: chunks.count, index: 0) }

    private func places(of range: KeyRange) -> (low: Place, high: Place) {
        let low = range.lower.map { lowerBound($0.span.bytes) } ?? Place(chunk: 0, index: 0)
        let high = range.upper.map { lowerBound($0.span.bytes) } ?? end
        return (low, high)
    }

    private func holds(_ key: RawSpan, at place: Place) -> Bool {
        guard place.chunk < chunks.count else { return false }
        return !chunks[place.chunk][place.index].follows(key)
    }

    private func isBefore(_ place: Place, _ other: Place) -> Bool {
        (place.chunk, place.index) < (other.chunk, other.index)
    }

    private func step(_ place: inout Place) {
        place.index += 1
        if place.index == chunks[place.chunk].count { place = Place(chunk: place.chunk + 1, index: 0) }
    }

    private func stepBack(_ place: inout Place) {
        if place.index == 0 {
            place.chunk -= 1
            place.index = chunks[place.chunk].count
        }
        place.index -= 1
    }

    private mutating func splitIfLong(_ chunk: Int) {
        let count = chunks[chunk].count
        guard count > Self.maximumChunkCount else { return }
        // Records that come in order go to the end: a chunk that is left behind stays nearly full.
        let kept = chunk == chunks.count - 1 ? count - 1 : count / 2
        let rest = Array(chunks[chunk][kept...])
        chunks[chunk].removeSubrange(kept...)
        chunks.insert(rest, at: chunk + 1)
    }

    /// How many of the first `count` numbers satisfy `isBefore`, which holds up to some number and not from there on.
    private func partition(_ count: Int, _ isBefore: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
