import CompactEncoding

/// What all chunks of an archive come to; written at its end, so that a cut one is noticed.
struct ArchiveTotals: Hashable {
    var chunkCount: UInt64 = 0
    var blockCount: UInt64 = 0
    var byteCount: UInt64 = 0

    /// Counts one more chunk.
    mutating func count(_ chunk: ArchiveChunk) {
        chunkCount += 1
        blockCount += UInt64(chunk.sizes.count)
        byteCount += UInt64(chunk.content.count)
    }
}

extension ArchiveTotals {
    func encode(into writer: inout ByteWriter) {
        writer.uint64(chunkCount)
        writer.uint64(blockCount)
        writer.uint64(byteCount)
    }

    init(decoding bytes: [UInt8]) throws(CompactDecodingError) {
        var reader = ByteReader(bytes.span.bytes)
        chunkCount = try reader.uint64()
        blockCount = try reader.uint64()
        byteCount = try reader.uint64()
        try reader.requireArchivedEnd()
    }
}
