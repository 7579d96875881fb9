public import CompactEncoding
public import Crypto
public import Manifest
public import MerkleTree

/// A proof that needs no connection, as for a push notification: `discoveryKey ‖ data message` (PROTOCOL §10;
/// `fully-remote-proof.json`).
///
/// Its data message answers request 0, has an upgrade from 0, and carries the manifest; often a block too.
///
/// ```swift
/// let proof = try FullyRemoteProof(decoding: notification[...])
/// guard let authority = stored[proof.discoveryKey] else { return }
/// let verified = try proof.verify(by: authority)
/// show(verified.block)
/// ```
public struct FullyRemoteProof: Hashable, Sendable {
    /// The core it is about, by what it is found by.
    public let discoveryKey: DiscoveryKey
    /// The proof, and the manifest that its maker has stored.
    public let data: DataMessage

    /// Wraps a proof of the tree, in its fork, that `authority` rules over.
    ///
    /// - Precondition: `proof` has an upgrade from 0.
    public init(_ proof: Proof, fork: UInt64, of authority: TreeAuthority) {
        precondition(proof.upgrade?.start == 0, "a fully remote proof needs an upgrade from 0")
        discoveryKey = authority.key.discoveryKey
        data = DataMessage(request: 0, fork: fork, proof: proof, manifest: authority.manifest)
    }

    /// Decodes a proof; the block's value is a slice of `bytes`, and bytes after the proof are ignored.
    ///
    /// - Throws: where the bytes are no encoding, or hold more than ``MessageLimits`` allow.
    public init(decoding bytes: ArraySlice<UInt8>) throws(CompactDecodingError) {
        var reader = ByteReader(bytes.span.bytes)
        discoveryKey = DiscoveryKey(try reader.fixed32())
        data = try DataMessage(from: &reader, of: bytes)
    }

    /// The proof's bytes.
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.fixed32(discoveryKey.bytes)
        data.encode(into: &writer)
        return writer.take()
    }
}

extension FullyRemoteProof {
    /// What a fully remote proof has proven.
    public struct Verified: Hashable, Sendable {
        /// The signed tree. It is news where it is longer than the one stored.
        public let head: TreeHead
        /// The block, where the proof has one.
        public let block: VerifiedProof.Block?
    }

    /// Checks the proof against what is stored of the core. The manifest that came with it is not believed.
    ///
    /// The reference asks for the first signer's signature alone; here the manifest's quorum has to be reached. As there,
    /// nothing is verified of compat cores and of those that nobody signs.
    ///
    /// - Throws: `ManifestError`: `.foreignManifest` for another core's proof, `.unknownSigner` for a core whose proofs
    ///   are not verified, or what is wrong with the signature; `TreeError` for what is wrong with the tree.
    public func verify(by authority: TreeAuthority) throws -> Verified {
        guard authority.key.discoveryKey == discoveryKey else {
            throw ManifestError(
                .foreignManifest, "the proof is of the core found by \(discoveryKey), not of \(authority.key)")
        }
        guard !authority.isCompat, !authority.manifest.signers.isEmpty else {
            throw ManifestError(.unknownSigner, "the manifest of \(authority.key) names nobody who signs such proofs")
        }
        // From an empty tree nothing is known, so the one upgrade has to carry the whole proof.
        switch try TreeHead(fork: data.fork).verify(data.proof, reading: [:]) {
        case .proven:
            throw TreeError(.invalidOperation, "a proof without an upgrade proves nothing by itself")
        case .unsigned(let proof):
            let verified = try proof.accept { head, signature in
                try authority.verify(signature, of: head)
                return true
            }
            return Verified(head: proof.head, block: verified.block)
        }
    }
}
