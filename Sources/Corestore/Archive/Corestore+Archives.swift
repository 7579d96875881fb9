public import Crypto
public import Hypercore
public import Zstandard

// Archives: one log as one file. A backup keeps a whole store with its secrets; an archive has no secrets, and anybody
// who knows the core's key can take it from anywhere.

extension Corestore {
    /// Writes an archive of a log as it is now to a file: manifest, signed head, proofs, and the blocks that are here.
    ///
    /// The file appears under its name when it is complete and on the disk, in place of one that is there; until then it
    /// has another name beside it. Secret keys are never part of it; see `Hypercore.archive`.
    ///
    /// - Parameters:
    ///   - log: the log, of this store.
    ///   - path: the file; one that is there is replaced.
    ///   - level: how hard to compress blocks where that pays; `nil` not at all.
    /// - Throws: `HypercoreError`: `.notAvailable` while the log's manifest is not known, `.closed`, `.damaged`, `.storage`;
    ///   `ArchiveError` with `.file`; `CancellationError`. The file is not there, or as it was, then.
    @concurrent
    public func export(
        _ log: Hypercore, toFile path: String, compressedAt level: CompressionLevel? = .standard
    ) async throws {
        let archive = try log.archive(compressedAt: level)
        let file = try ArchiveOutput(replacing: path)
        for try await part in archive { try file.write(part) }
        try file.finish()
    }

    /// Imports an archive from a file; see ``importArchive(from:expecting:progress:)``.
    @concurrent
    @discardableResult
    public func importArchive(
        fromFile path: String, expecting key: CoreKey? = nil,
        progress: @Sendable (ArchiveProgress) -> Void = { _ in }
    ) async throws -> Hypercore {
        try await importArchive(from: ArchiveInput(path: path), expecting: key, progress: progress)
    }

    /// Imports an archive, with no trust in where it comes from: the same comes of it as if the log had been downloaded from
    /// a peer that has what is in the archive.
    ///
    /// Manifest and signature are verified first, and each chunk of blocks before any of it is stored. A log that is here
    /// already gets the blocks that it lacks, and becomes longer if the archive's is; a history other than the one here is
    /// refused, so an import never makes a second one. Of an archive that turns out to be another history only after some
    /// chunks, those before had blocks of the log that is here, and they stay.
    ///
    /// An import that is cancelled, or meets damage, leaves a valid log with the blocks up to there. Importing again skips
    /// what is here. It holds a few chunks in memory, whatever the archive claims.
    ///
    /// - Parameters:
    ///   - source: the archive, in pieces of any length.
    ///   - key: the core that it has to be of; where it is `nil`, look at the result's `key` to know.
    ///   - progress: told after every chunk.
    /// - Returns: a session on the log.
    /// - Throws: `ArchiveError`, which says where in the archive and what; `HypercoreError`: `.conflict` for another history,
    ///   `.notWritable` in a read-only store, `.storage`; ``CorestoreError``: `.closed`; `CancellationError`; what the source
    ///   throws.
    @discardableResult
    public func importArchive<Source: AsyncSequence>(
        from source: Source, expecting key: CoreKey? = nil, progress: (ArchiveProgress) -> Void = { _ in }
    ) async throws -> Hypercore where Source.Element == [UInt8] {
        guard !root.isReadOnly else {
            throw HypercoreError(.notWritable, key: key, "the store was opened read-only, and an import writes to it")
        }
        var archive = try await ArchiveImport(reading: source, expecting: key)
        let log = try await get(key: archive.key)
        do {
            try await archive.merge(into: log, report: progress)
            return log
        } catch {
            await log.close()
            throw error
        }
    }
}
