import Crypto
package import Manifest
package import MerkleTree

extension TreeAuthority {
    /// Checks the tree that an upgrade leads to before its additional nodes, where it starts below the prologue: it must
    /// start at 0 and be the prologue's tree, or cover it (PROTOCOL §4, Verification).
    ///
    /// - Throws: `.prologueMismatch`.
    package func check(_ tree: TreeHead, from start: UInt64) throws(ManifestError) {
        guard let prologue, start < prologue.length else { return }
        guard start == 0, tree.length >= prologue.length else {
            throw ManifestError(
                .prologueMismatch,
                "an upgrade from \(start) to \(tree.length) does not cover the prologue of \(prologue.length)")
        }
        guard tree.length > prologue.length || tree.treeHash() == prologue.hash else {
            throw ManifestError(.prologueMismatch, "the first \(prologue.length) blocks are not the prologue's")
        }
    }
}
