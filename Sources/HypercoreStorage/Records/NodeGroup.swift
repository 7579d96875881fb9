import CompactEncoding
import Crypto
import MerkleTree

/// The nodes of a tree that end at one leaf, as one record: the leaf itself and the parents that it completes.
///
/// ```text
/// { u8 depth ‖ uint size ‖ hash 32 } repeated, in any order
/// ```
///
/// Because a group is a plain sequence, nodes that arrive later are appended to what is there
/// (`MergeRule.concatenate`); of two entries of one depth, which hold the same node, the first is read.
enum NodeGroup {
    /// The most bytes that a node takes in a group.
    static let nodeByteCount = 1 + 9 + 32

    /// The leaf under which a node is kept: the rightmost one below it, as a block index.
    static func leaf(of index: UInt64) -> UInt64 {
        FlatTree.blocks(under: index).upperBound - 1
    }

    /// Appends one node to a group.
    static func write(_ node: TreeNode, into writer: inout ByteWriter) {
        writer.uint8(UInt8(FlatTree.depth(of: node.index)))
        writer.uint(node.size)
        writer.fixed32(node.hash)
    }

    /// Finds the node `index` in its group.
    static func find(_ index: UInt64, in group: RawSpan) throws(StorageRecordError) -> TreeNode? {
        let wanted = UInt8(FlatTree.depth(of: index))
        do throws(CompactDecodingError) {
            var reader = ByteReader(group)
            while !reader.isAtEnd {
                let depth = try reader.uint8()
                let size = try reader.uint()
                let hash = try reader.fixed32()
                if depth == wanted { return TreeNode(index: index, size: size, hash: hash) }
            }
            return nil
        } catch {
            throw .damaged("record of tree node \(index)", error)
        }
    }
}
