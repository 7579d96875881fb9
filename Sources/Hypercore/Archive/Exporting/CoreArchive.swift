import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import Synchronization
public import Zstandard

/// A log as an archive: a sequence of bytes that is made as it is read; see ``Hypercore/archive(compressedAt:)``.
///
/// Each element is a part of the archive, of 1 MiB at most unless a block is larger. Elements are made on the reader's
/// thread when it asks for them, so nothing piles up before a slow one. Every iteration yields the same archive, but for
/// blocks that are cleared meanwhile. The snapshot that it reads is let go of with the sequence and its iterators.
public struct CoreArchive: AsyncSequence, Sendable {
    public typealias Element = [UInt8]

    let snapshot: Hypercore
    let key: CoreKey
    let manifest: [UInt8]
    /// What proves the head; empty where the manifest does.
    let signature: [UInt8]
    let level: CompressionLevel?

    /// Reads the archive once.
    public struct Iterator: AsyncIteratorProtocol {
        private let writer: ArchiveWriter

        init(_ archive: CoreArchive) {
            writer = ArchiveWriter(archive)
        }

        /// The next part of the archive; `nil` past its end.
        ///
        /// - Throws: `HypercoreError`: `.closed`, `.damaged`, `.storage`; `CancellationError`.
        public mutating func next() async throws -> [UInt8]? {
            try Task.checkCancellation()
            return try writer.next()
        }
    }

    public func makeAsyncIterator() -> Iterator { Iterator(self) }
}

extension Hypercore {
    /// The log as it is now, as an archive: one run of bytes with manifest, signed head, proofs and the blocks that are
    /// here, which any store imports without trusting where it comes from.
    ///
    /// ```swift
    /// for try await part in try log.archive() { try await upload(part) }
    /// ```
    ///
    /// Secret keys are never part of it: whoever imports it can read and serve the log, and not append to it. Blocks go in
    /// as they are replicated, so those of an encrypted log stay encrypted.
    ///
    /// - Parameter level: how hard to compress blocks, chunk by chunk, where that pays; `nil` not at all.
    /// - Throws: `.notAvailable` while the log's manifest is not known here, because nothing of it has come from a peer
    ///   yet; `.unsupported` on a branch; `.closed`, `.purged`.
    public func archive(compressedAt level: CompressionLevel? = .standard) throws -> CoreArchive {
        try requireMainLine()
        let snapshot = try snapshot()
        guard let manifest = core.state.withLock({ $0.authority?.manifest.encoded }) else {
            throw HypercoreError(
                .notAvailable, key: key,
                "the manifest of the log is not known here, and nobody could verify an archive without it: "
                    + "download something of the log first")
        }
        return CoreArchive(
            snapshot: snapshot, key: key, manifest: manifest, signature: snapshot.head.signature, level: level)
    }

    /// The log as it is now, as an archive of the static log of the same blocks: nobody can sign that, and its manifest fixes
    /// all of them.
    ///
    /// - Throws: `.outOfBounds` for an empty log; `.closed`, `.purged`.
    package func staticArchive() throws -> CoreArchive {
        let snapshot = try snapshot()
        let head = snapshot.head
        guard head.length > 0 else {
            throw HypercoreError(.outOfBounds, key: key, "the log is empty, and a static log has at least one block")
        }
        let manifest = try CoreManifest.static(
            CoreManifest.Prologue(hash: core.hashing.tree(head.tree.roots), length: head.length))
        return CoreArchive(
            snapshot: snapshot, key: manifest.key, manifest: manifest.encoded, signature: [], level: nil)
    }
}
