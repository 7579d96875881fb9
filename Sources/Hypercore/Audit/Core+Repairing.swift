import Crypto
import HypercoreStorage
import MerkleTree

extension Core {
    /// Makes the repair of one step of an audit, in one commit.
    ///
    /// - Returns: `false` where something has come between the step's reading and this, so that it says nothing about what
    ///   is stored now. Then everything that was queued has been committed, and the step can be made again.
    func repair(_ repair: AuditRepair) async throws -> Bool {
        let leaves = repair.rewrittenLeaves
        return try await change(byteCount: repair.byteCount) { draft, state in
            guard repair.length <= draft.head.length,
                draft.head.spans.agree(with: repair.spans, on: 0..<repair.length),
                // A download that is under way adds nodes to a group, which must not be written over.
                !state.underway.reach(leaves)
            else { return false }
            var groups: [UInt64: [TreeNode]] = [:]
            for leaf in leaves {
                let stored = try stored.nodeGroup(at: leaf, spans: draft.head.spans)
                groups[leaf] = stored.replacing(repair.nodes)
            }
            draft.repair(repair, groups: groups)
            return true
        }
    }
}
