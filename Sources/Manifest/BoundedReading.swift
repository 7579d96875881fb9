package import CompactEncoding

/// Reads of a stranger's lists, each with the bound of its own that the wire primitives cannot know.
extension ByteReader {
    /// Reads a count, refuses it above `limit`, and reads that many items.
    package mutating func array<Item>(
        atMost limit: Int, _ what: StaticString, _ item: (inout ByteReader) throws(CompactDecodingError) -> Item
    ) throws(CompactDecodingError) -> [Item] {
        let start = offset
        let count = try uint()
        guard count <= UInt64(limit) else {
            throw CompactDecodingError(.invalidValue("\(count) \(what), at most \(limit) are accepted"), offset: start)
        }
        var items: [Item] = []
        items.reserveCapacity(Int(min(count, UInt64(remaining))))
        for _ in 0..<count {
            items.append(try item(&self))
        }
        return items
    }

    /// Copies a length-prefixed run of bytes, and refuses one longer than `limit` before it is copied.
    package mutating func bytes(atMost limit: Int, _ what: StaticString) throws(CompactDecodingError) -> [UInt8] {
        let start = offset
        let borrowed = try buffer()
        guard borrowed.byteCount <= limit else {
            throw CompactDecodingError(
                .invalidValue("\(borrowed.byteCount) bytes of \(what), at most \(limit) are accepted"), offset: start)
        }
        return [UInt8](copying: borrowed)
    }
}
