import Crypto
import HypercoreStorage
import Manifest
import MerkleTree

extension Core {
    /// Throws where a draft leads to a log that does not begin with what the manifest fixes.
    ///
    /// A log is empty or has all of its prologue, so the comparison is made once: by the change that brings it there.
    ///
    /// - Throws: `.prologueMismatch`; what the store throws.
    func requirePrologue(of draft: CoreDraft, _ prologue: CoreManifest.Prologue?) throws {
        guard let prologue, draft.movesHead else { return }
        guard draft.head.length >= prologue.length else {
            throw HypercoreError(
                .prologueMismatch, key: key,
                "the manifest fixes the first \(prologue.length) blocks, which come together: "
                    + "a log of \(draft.head.length) is none")
        }
        guard min(draft.base.length, draft.cut ?? .max) < prologue.length else { return }
        let nodes = DraftedNodes(drafted: draft.nodes, below: stored.tree(spans: draft.head.spans))
        let beginning = try draft.head.tree.truncated(to: prologue.length, reading: nodes)
        guard beginning.treeHash(hashing) == prologue.hash else {
            throw HypercoreError(
                .prologueMismatch, key: key,
                "the first \(prologue.length) blocks are not those that the manifest fixes")
        }
    }
}
