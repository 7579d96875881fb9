import CompactEncoding
package import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import Replication
import StorageEngine
import Zstandard

/// Reads an archive, verifies each part of it, and merges it into a log of this store.
///
/// ```swift
/// var archive = try await ArchiveImport(reading: source, expecting: key)
/// try await archive.merge(into: log) { progress in … }
/// ```
package struct ArchiveImport<Source: AsyncSequence> where Source.Element == [UInt8] {
    private var frames: ArchiveFrames<Source>
    private let archive: VerifiedArchive
    private var frontier: ArchiveFrontier
    private var totals = ArchiveTotals()
    private var progress = ArchiveProgress()

    /// Reads and verifies what an archive begins with: whose it is, and what was signed.
    ///
    /// - Parameter expected: the only core whose archive is taken; any where it is `nil`.
    /// - Throws: ``ArchiveError``; what the source throws.
    package init(reading source: Source, expecting expected: CoreKey?) async throws {
        frames = ArchiveFrames(source)
        try await frames.readBeginning()
        let frame = try await frames.next()
        archive = try Self.verify(frame, expecting: expected)
        frontier = ArchiveFrontier(archive.head)
        progress.length = archive.head.length
    }

    /// The core that the archive is of.
    package var key: CoreKey { archive.key }

    private static func verify(_ frame: ArchiveFrame, expecting expected: CoreKey?) throws -> VerifiedArchive {
        guard frame.kind == .header else {
            throw ArchiveError(.damaged, at: frame.offset, "the archive does not begin with its header")
        }
        do {
            let header = try ArchiveHeader(decoding: frame.payload)
            guard expected == nil || expected == header.key else {
                throw ArchiveError(
                    .wrongCore, at: frame.offset,
                    "the archive is of the core \(header.key), not of the expected \(expected ?? header.key)")
            }
            return try VerifiedArchive(header)
        } catch let error as CompactDecodingError {
            throw ArchiveError(.damaged, at: frame.offset, "the header of the archive is damaged: \(error)")
        } catch let error as ManifestError {
            throw ArchiveError(.notSigned, at: frame.offset, "the head of the archive is not the core's: \(error)")
        }
    }
}

// MARK: - Merging

extension ArchiveImport {
    /// Merges the archive into the log of its core, chunk by chunk, each in one commit after it was verified.
    ///
    /// It ends early where it is cancelled or fails; what was merged up to there stays, as a download's does.
    ///
    /// - Parameter report: told after every chunk.
    /// - Throws: ``ArchiveError``, `HypercoreError`; `CancellationError`, what the source throws.
    package mutating func merge(
        into log: Hypercore, report: (ArchiveProgress) -> Void
    ) async throws {
        try log.requireLive()
        let core = log.core
        _ = try core.requireWriter()
        do {
            try await merge(into: core, report: report)
        } catch let failure as ArchiveLink.Failure {
            switch failure {
            case .conflict(let words): throw HypercoreError(.conflict, key: core.key, words)
            case .unconnected(let words): throw ArchiveError(.unconnected, at: frames.offset, words)
            }
        } catch let error where error is StorageError || error is StorageRecordError || error is TreeError {
            throw HypercoreError(error, key: core.key)
        }
    }

    private mutating func merge(into core: Core, report: (ArchiveProgress) -> Void) async throws {
        let ours = core.stagedTree
        var link = try ArchiveLink(archive, to: ours.head, reading: ours.nodes)
        if link.isLinked { try await store([], nodes: [], into: core, &link) }
        var decompressor = try Decompressor()
        while true {
            try Task.checkCancellation()
            let frame = try await frames.next()
            switch frame.kind {
            case .chunk:
                let chunk = try decode(frame, &decompressor)
                let nodes = try link.storable(try prove(chunk, in: frame, core), blocksEndAt: chunk.extent.upperBound)
                try await store(chunk.blocks, nodes: nodes, into: core, &link)
                progress.archiveByteCount = frames.offset
                report(progress)
            case .end:
                try await finish(frame)
                guard link.isLinked else { throw link.unconnected }
                progress.archiveByteCount = frames.offset
                return report(progress)
            case .header:
                throw ArchiveError(.damaged, at: frame.offset, "the archive has a second header")
            }
        }
    }

    private func decode(_ frame: ArchiveFrame, _ decompressor: inout Decompressor) throws -> ArchiveChunk {
        do {
            return try ArchiveChunk(decoding: frame.payload, decompressor: &decompressor)
        } catch let error as CompressionError where error.code == .outOfMemory {
            throw error
        } catch {
            throw ArchiveError(
                .damaged, at: frame.offset, "a chunk after block \(frontier.position) is damaged: \(error)")
        }
    }

    private mutating func prove(
        _ chunk: ArchiveChunk, in frame: ArchiveFrame, _ core: Core
    ) throws(ArchiveError) -> [TreeNode] {
        do throws(ArchiveFrontier.Mismatch) {
            let proven = try frontier.advance(over: chunk, hashing: core.hashing)
            totals.count(chunk)
            progress.blockCount = totals.blockCount
            progress.byteCount = totals.byteCount
            return proven
        } catch {
            throw ArchiveError(
                .damaged, at: frame.offset, blocks: chunk.extent, "a chunk is not what was signed: \(error.message)")
        }
    }

    private mutating func finish(_ frame: ArchiveFrame) async throws {
        let claimed = try? ArchiveTotals(decoding: frame.payload)
        guard claimed == totals else {
            throw ArchiveError(
                .damaged, at: frame.offset,
                "the archive's end does not fit the \(totals.blockCount) blocks in \(totals.chunkCount) chunks before it"
            )
        }
        try await frames.requireEnd()
    }
}

// MARK: - Storing

extension ArchiveImport {
    /// Stores what is not here yet of proven blocks and nodes, and the head and manifest with the first that may.
    private mutating func store(
        _ blocks: [(index: UInt64, value: ArraySlice<UInt8>)], nodes: [TreeNode], into core: Core,
        _ link: inout ArchiveLink
    ) async throws {
        while true {
            let ours = core.stagedTree
            // Peers may have made the log longer meanwhile, or its writer may have cut it.
            if ours.head != link.ours { link = try relink(link, to: ours.head, reading: ours.nodes) }
            let missing = try core.missing(of: blocks)
            let grows = link.isLinked && link.grows
            let batch = VerifiedBatch(
                fork: link.archived.fork, baseLength: ours.head.length,
                nodes: try (grows ? nodes + link.archived.roots : nodes).filter {
                    try ours.nodes.node(at: $0.index) == nil
                }.inStorageOrder,
                blocks: missing, head: grows ? SignedHead(tree: link.archived, signature: archive.signature) : nil,
                manifest: ours.knowsManifest ? nil : archive.authority.manifest)
            let isNews = !batch.blocks.isEmpty || !batch.nodes.isEmpty || grows || batch.manifest != nil
            if isNews, try await !core.merge(batch, onto: ours.head) { continue }
            if grows { link = try ArchiveLink(archive, to: link.archived, reading: ours.nodes) }
            progress.storedBlockCount += UInt64(missing.count)
            return
        }
    }

    private func relink(
        _ link: ArchiveLink, to ours: TreeHead, reading nodes: StagedTree
    ) throws -> ArchiveLink {
        let again = try ArchiveLink(archive, to: ours, reading: nodes)
        // The chunks that could have shown more have passed by.
        guard link.isLinked, again.isLinked else {
            throw ArchiveLink.Failure.conflict("the log was changed during the import; import the archive again")
        }
        return again
    }
}

extension [TreeNode] {
    /// Nodes that are stored in one record one after the other.
    fileprivate var inStorageOrder: [TreeNode] {
        sorted { left, right in
            let (first, second) = (
                FlatTree.rightmostLeaf(under: left.index), FlatTree.rightmostLeaf(under: right.index)
            )
            return first != second ? first < second : left.index > right.index
        }
    }
}
