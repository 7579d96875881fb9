import Crypto
import MerkleTree

/// Blocks with their leaf hashes, made before any lock is taken.
struct Leaves: Sendable {
    let blocks: [[UInt8]]
    let hashed: [TreeLeaf]
    /// About what their write set weighs, for the bound of the queue.
    let byteCount: Int

    var isEmpty: Bool { blocks.isEmpty }

    init(of blocks: some Collection<[UInt8]>, core: Core) throws(HypercoreError) {
        self.blocks = Array(blocks)
        var hashed: [TreeLeaf] = []
        hashed.reserveCapacity(self.blocks.count)
        var byteCount = 0
        for block in self.blocks {
            guard block.count <= Hypercore.maximumBlockByteCount else {
                throw HypercoreError(
                    .blockTooLarge, key: core.key,
                    "a block of \(block.count) bytes is larger than the \(Hypercore.maximumBlockByteCount) that a log takes"
                )
            }
            hashed.append(TreeLeaf(hash: core.hashing.leaf(block.span.bytes), size: UInt64(block.count)))
            byteCount += block.count + 128
        }
        self.hashed = hashed
        self.byteCount = byteCount
    }
}
