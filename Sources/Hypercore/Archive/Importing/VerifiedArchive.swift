import Crypto
import Manifest
import MerkleTree

/// Whose archive it is, and the tree that its signers vouch for: a header that was verified.
struct VerifiedArchive {
    let authority: TreeAuthority
    let head: TreeHead
    let signature: [UInt8]
    /// Whether the manifest alone proves the tree, whatever the fork: then the header's fork says nothing.
    let belongsToEveryFork: Bool

    var key: CoreKey { authority.key }

    /// Verifies a header: the manifest belongs to the key, and its signers have signed the head.
    ///
    /// Nothing that is not proven is kept: neither the fork of an empty tree, nor the signature over a tree that the
    /// manifest fixes, nor what the manifest of a core from before manifests says beside its signer.
    ///
    /// - Throws: `CompactDecodingError`, `ManifestError`.
    init(_ header: ArchiveHeader) throws {
        let manifest = try CoreManifest(decoding: header.manifest)
        let claimed = try TreeAuthority(key: header.key, manifest: manifest)
        authority = claimed.isCompat ? TreeAuthority(assumedFor: header.key) : claimed
        head = header.head
        guard head.length > 0 else {
            (signature, belongsToEveryFork) = ([], true)
            return
        }
        try authority.verify(header.signature.isEmpty ? nil : header.signature, of: head)
        belongsToEveryFork = head.length == authority.prologue?.length
        signature = belongsToEveryFork ? [] : header.signature
    }

    /// The archived tree as one of a log's: where it belongs to every fork, also to the log's own.
    func tree(for ours: TreeHead) -> TreeHead {
        guard belongsToEveryFork else { return head }
        var tree = head
        tree.fork = ours.fork
        return tree
    }
}
