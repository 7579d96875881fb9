import HypercoreStorage
import MerkleTree
import StorageEngine
import Synchronization

extension Core {
    /// Appends blocks: hash outside the lock, chain and queue under it, wait for the commit outside again.
    func append(_ blocks: some Collection<[UInt8]>) async throws -> Hypercore.AppendResult {
        _ = try requireWriter()
        try state.withLock { state in try requireSigner(state) }
        let leaves = try Leaves(of: blocks, core: self)
        guard !leaves.isEmpty else { return currentResult() }
        return try await change(byteCount: leaves.byteCount) { draft, state in
            try requireSigner(state)
            try draft.append(leaves, hashing: hashing)
            return Hypercore.AppendResult(length: draft.head.length, byteLength: draft.head.tree.byteLength)
        }
    }

    private func currentResult() -> Hypercore.AppendResult {
        let tree = durableHead.tree
        return Hypercore.AppendResult(length: tree.length, byteLength: tree.byteLength)
    }
}
