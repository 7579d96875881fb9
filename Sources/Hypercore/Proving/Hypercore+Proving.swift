import Crypto
import HypercoreStorage
public import Manifest
public import MerkleTree
import Replication
import StorageEngine
import Synchronization

// Proofs by hand, for whoever carries them by other means than replication.

extension Hypercore {
    /// Puts a proof together of what is stored here (PROTOCOL §4, Proof request and Proof). It never waits for a peer.
    ///
    /// ```swift
    /// let wanted = ProofRequest(
    ///     block: .init(index: 7, nodes: try reader.missingNodes(forBlock: 7)),
    ///     upgrade: .init(start: reader.length, length: log.length - reader.length))
    /// try await reader.applyProof(try log.proof(for: wanted), fork: log.fork, manifest: log.manifest)
    /// ```
    ///
    /// - Throws: `.unsupported` on a branch, which nobody has signed; `.outOfBounds` for a request that no log of this length can answer; `.notAvailable` where a block or node
    ///   of the answer is not stored here; `.closed`, `.storage`.
    public func proof(for request: ProofRequest) throws -> Proof {
        try requireOpen()
        try requireMainLine()
        let prologueLength = core.state.withLock { $0.prologueLength }
        do {
            guard let proof = try core.proof(request, of: head, prologueLength: prologueLength) else {
                throw HypercoreError(.notAvailable, key: key, "block \(request.block?.index ?? 0) is not stored here")
            }
            return proof
        } catch let error as TreeError where error.code == .invalidOperation {
            throw HypercoreError(.outOfBounds, key: key, error.message)
        } catch {
            throw HypercoreError.proving(error, key: key)
        }
    }

    /// How many nodes a request for block `index` has to ask for: those on its path that are not known here; 0 also past
    /// the log's end, where an upgrade brings them.
    ///
    /// - Throws: `.closed`, `.storage`.
    public func missingNodes(forBlock index: UInt64) throws -> UInt64 {
        try requireOpen()
        do {
            return try head.tree.missingNodes(fromBlock: index, reading: core.stored.tree(spans: head.spans))
        } catch {
            throw HypercoreError.proving(error, key: key)
        }
    }

    /// Verifies a proof, and stores what it proves as a download does: a longer log, nodes, a block.
    ///
    /// - Parameters:
    ///   - proof: a claim, from anywhere.
    ///   - fork: the fork that the proof is of; the log's own where none is given. A log that is empty here follows a
    ///     higher one.
    ///   - manifest: the manifest that came with it, for a log of which only the key is known. It must be the log's.
    /// - Returns: what was proven.
    /// - Throws: `.invalidProof`, `.invalidSignature`, `.invalidManifest`, `.prologueMismatch`; `.conflict` where it is of
    ///   another fork, or an upgrade does not begin where the log ends; `.notWritable` in a read-only store,
    ///   `.blockTooLarge`, `.closed`, `.storage`. Nothing is stored then.
    @discardableResult
    public func applyProof(
        _ proof: Proof, fork: UInt64? = nil, manifest: CoreManifest? = nil
    ) async throws -> VerifiedProof {
        try requireLive()
        do {
            return try await core.apply(proof, fork: fork, manifest: manifest)
        } catch {
            throw HypercoreError.proving(error, key: key)
        }
    }

    /// A proof of the log's length, and of a block of it, that needs no connection and no store to be verified, as for a push
    /// notification (PROTOCOL §10); ``RemoteProof`` verifies it.
    ///
    /// - Parameter index: the block that is to be in it; none where it is `nil`.
    /// - Throws: `.outOfBounds` for an empty log or a block past its end; `.notAvailable` where the manifest is not known or
    ///   the block is not stored here; `.closed`, `.storage`.
    public func remoteProof(includingBlock index: UInt64? = nil) throws -> [UInt8] {
        try requireOpen()
        try requireMainLine()
        let (head, authority) = (head, try core.requireAuthority())
        guard head.length > 0, index ?? 0 < head.length else {
            throw HypercoreError(
                .outOfBounds, key: key,
                "a log of \(head.length) blocks has no proof of \(index.map { "block \($0)" } ?? "them")")
        }
        let request = ProofRequest(
            block: index.map { ProofRequest.Node(index: $0, nodes: 0) },
            upgrade: ProofRequest.Upgrade(start: 0, length: head.length))
        do {
            guard let proof = try core.proof(request, of: head, prologueLength: 0) else {
                throw HypercoreError(.notAvailable, key: key, "block \(index ?? 0) is not stored here")
            }
            return FullyRemoteProof(proof, fork: head.fork, of: authority).encoded
        } catch {
            throw HypercoreError.proving(error, key: key)
        }
    }
}
