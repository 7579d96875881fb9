import CompactEncoding
import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine
import Zstandard

/// Makes an archive part by part. Owned by one iterator, and touched only by its reader.
final class ArchiveWriter {
    private enum Part {
        case header
        case chunks
        case nothing
    }

    private let archive: CoreArchive
    private let core: Core
    private let head: HeadRecord
    private var upcoming = Part.header
    private var frontier: ArchiveFrontier
    private var totals = ArchiveTotals()
    private var compressor: Compressor?

    init(_ archive: CoreArchive) {
        self.archive = archive
        core = archive.snapshot.core
        head = archive.snapshot.view?.head ?? core.durableHead
        frontier = ArchiveFrontier(head.tree)
    }

    /// The next part; `nil` past the end.
    func next() throws -> [UInt8]? {
        do {
            switch upcoming {
            case .header:
                upcoming = .chunks
                return try header()
            case .chunks:
                if let chunk = try readChunk() { return try frame(chunk) }
                upcoming = .nothing
                return frame(.end) { totals.encode(into: &$0) }
            case .nothing:
                return nil
            }
        } catch {
            throw HypercoreError.translating(error, key: core.key)
        }
    }

    private func header() throws -> [UInt8] {
        if let level = archive.level { compressor = try Compressor(level: level) }
        let header = ArchiveHeader(
            key: archive.key, manifest: archive.manifest, head: head.tree, signature: archive.signature)
        return ArchiveFormat.magic + [ArchiveFormat.version] + frame(.header) { header.encode(into: &$0) }
    }

    private func frame(_ chunk: ArchiveChunk) throws -> [UInt8] {
        totals.count(chunk)
        return try frame(.chunk) { try chunk.encode(into: &$0, compressor: &compressor) }
    }

    private func frame(
        _ kind: ArchiveFormat.Kind, _ write: (inout ByteWriter) throws -> Void
    ) rethrows -> [UInt8] {
        var payload = ByteWriter()
        try write(&payload)
        precondition(payload.count <= kind.byteLimit, "a part of an archive of \(payload.count) bytes is too long")
        var writer = ByteWriter(reservingCapacity: ArchiveFormat.frameHeadByteCount + payload.count)
        writer.uint8(kind.rawValue)
        writer.uint32(UInt32(payload.count))
        writer.raw(payload.bytes.span.bytes)
        return writer.take()
    }
}

// MARK: - Reading the log

extension ArchiveWriter {
    /// The next blocks that are here, with their proof; `nil` where there are no more.
    private func readChunk() throws -> ArchiveChunk? {
        try archive.snapshot.requireOpen()
        // In one snapshot of the store, so that no node is swept between a block and its proof.
        return try core.registry.directory.engine.read { _ in
            guard var chunk = try readBlocks() else { return nil }
            chunk.nodes = try frontier.advance(over: chunk.runs, reading: core.stored.tree(spans: head.spans))
                .map { ArchivedNode(size: $0.size, hash: $0.hash) }
            return chunk
        }
    }

    private func readBlocks() throws -> ArchiveChunk? {
        var runs: [Range<UInt64>] = []
        var sizes: [Int] = []
        var content: [UInt8] = []
        var window = frontier.position..<head.length
        guard !window.isEmpty else { return nil }
        try core.stored.scanBlocks(window, spans: head.spans) { index, block in
            if runs.isEmpty { window = ArchiveFormat.window(around: index) }
            let isFull = !runs.isEmpty && content.count + block.byteCount > ArchiveFormat.chunkByteCount
            guard window.contains(index), !isFull else { return .stop }
            if let last = runs.last, last.upperBound == index {
                runs[runs.count - 1] = last.lowerBound..<index + 1
            } else {
                runs.append(index..<index + 1)
            }
            sizes.append(block.byteCount)
            block.withUnsafeBytes { content.append(contentsOf: $0) }
            return .next
        }
        return runs.isEmpty ? nil : ArchiveChunk(runs: runs, sizes: sizes, nodes: [], content: content[...])
    }
}
