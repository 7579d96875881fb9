import CompactEncoding
import Crypto
import Manifest
import Zstandard

/// Some blocks of an archive, and the nodes that lead from them to what is known already.
struct ArchiveChunk {
    /// Which blocks there are, ascending, with gaps between the runs; never empty.
    var runs: [Range<UInt64>]
    /// The bytes of each block.
    var sizes: [Int]
    /// The nodes that the blocks' proof needs, in the order of ``ArchiveFrontier``.
    var nodes: [ArchivedNode]
    /// The blocks, one after the other.
    var content: ArraySlice<UInt8>

    private enum Form {
        static let plain: UInt8 = 0
        static let zstd: UInt8 = 1
    }

    /// From the first block to the end of the last run.
    var extent: Range<UInt64> { runs[0].lowerBound..<runs[runs.count - 1].upperBound }

    /// The blocks with their indices.
    var blocks: [(index: UInt64, value: ArraySlice<UInt8>)] {
        var start = content.startIndex
        return zip(runs.joined(), sizes).map { index, size in
            defer { start += size }
            return (index, content[start..<start + size])
        }
    }
}

// MARK: - Writing

extension ArchiveChunk {
    /// Writes the chunk, its content compressed where that saves a sixteenth of it.
    func encode(into writer: inout ByteWriter, compressor: inout Compressor?) throws(CompressionError) {
        writer.array(runs) { writer, run in
            writer.uint(run.lowerBound)
            writer.uint(run.upperBound - run.lowerBound)
        }
        writer.array(sizes) { writer, size in writer.uint(UInt64(size)) }
        writer.array(nodes) { writer, node in
            writer.uint(node.size)
            writer.fixed32(node.hash)
        }
        if try compressor?.compress(content.span.bytes, atMost: content.count - content.count / 16 - 1) == true {
            writer.uint8(Form.zstd)
            compressor?.writeOutput(into: &writer)
        } else {
            writer.uint8(Form.plain)
            writer.buffer(content)
        }
        compressor?.shrink(toAtMost: ArchiveFormat.chunkByteCount)
    }
}

extension Compressor {
    fileprivate func writeOutput(into writer: inout ByteWriter) { writer.buffer(output) }
}

// MARK: - Reading

extension ArchiveChunk {
    /// Reads a chunk. Nothing is decompressed before the sizes of its blocks were found to be within the bounds.
    ///
    /// - Throws: `CompactDecodingError`, `CompressionError`.
    init(decoding bytes: [UInt8], decompressor: inout Decompressor) throws {
        var reader = ByteReader(bytes.span.bytes)
        runs = try Self.runs(from: &reader)
        sizes = try Self.sizes(from: &reader, count: runs.reduce(0) { $0 + $1.count })
        // A node beside each block, and two on each level above.
        nodes = try reader.array(atMost: Int(ArchiveFormat.chunkBlockCount) + 128, "nodes") {
            (reader) throws(CompactDecodingError) in try reader.archivedNode()
        }
        let byteCount = sizes.reduce(0, +)
        let start = reader.offset
        let form = try reader.uint8()
        let range = try reader.bufferRange()
        try reader.requireArchivedEnd()
        switch form {
        case Form.plain:
            content = bytes[range]
        case Form.zstd:
            try decompressor.decompress(bytes[range].span.bytes, atMost: byteCount)
            content = decompressor.copiedOutput()[...]
            decompressor.shrink(toAtMost: ArchiveFormat.chunkByteCount)
        default:
            throw CompactDecodingError(.invalidValue("an unknown form of content, \(form)"), offset: start)
        }
        guard content.count == byteCount else {
            throw CompactDecodingError(
                .invalidValue("\(content.count) bytes of content for blocks of \(byteCount)"), offset: start)
        }
    }

    private static func runs(from reader: inout ByteReader) throws(CompactDecodingError) -> [Range<UInt64>] {
        let start = reader.offset
        let claimed = try reader.array(atMost: Int(ArchiveFormat.chunkBlockCount) / 2, "runs of blocks") {
            (reader) throws(CompactDecodingError) in (first: try reader.uint(), count: try reader.uint())
        }
        var runs: [Range<UInt64>] = []
        guard let first = claimed.first?.first else {
            throw CompactDecodingError(.invalidValue("a chunk without blocks"), offset: start)
        }
        let window = ArchiveFormat.window(around: first)
        for run in claimed {
            let isInOrder = runs.last.map { $0.upperBound < run.first } ?? true
            guard isInOrder, window.contains(run.first), run.count > 0, run.count <= window.upperBound - run.first
            else {
                throw CompactDecodingError(
                    .invalidValue("\(run.count) blocks from \(run.first) on, out of order or outside of \(window)"),
                    offset: start)
            }
            runs.append(run.first..<run.first + run.count)
        }
        return runs
    }

    private static func sizes(from reader: inout ByteReader, count: Int) throws(CompactDecodingError) -> [Int] {
        let start = reader.offset
        let limit = count == 1 ? Hypercore.maximumBlockByteCount : ArchiveFormat.chunkByteCount
        let claimed = try reader.array(atMost: count, "blocks") {
            (reader) throws(CompactDecodingError) in try reader.uint()
        }
        var sizes: [Int] = []
        var room = UInt64(limit)
        for size in claimed {
            guard size <= room else {
                throw CompactDecodingError(
                    .invalidValue("\(count) blocks of more than \(limit) bytes in one chunk"), offset: start)
            }
            room -= size
            sizes.append(Int(size))
        }
        guard sizes.count == count else {
            throw CompactDecodingError(.invalidValue("the sizes of \(sizes.count) of \(count) blocks"), offset: start)
        }
        return sizes
    }
}

extension Decompressor {
    fileprivate func copiedOutput() -> [UInt8] { [UInt8](copying: output) }
}
