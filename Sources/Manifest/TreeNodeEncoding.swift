package import CompactEncoding
package import Crypto

/// How tree nodes travel, in messages and beside signatures: `uint index, uint size, fixed32 hash` (PROTOCOL §7, data).
extension ByteReader {
    /// Reads a tree node.
    package mutating func treeNode() throws(CompactDecodingError) -> TreeNode {
        TreeNode(index: try uint(), size: try uint(), hash: try fixed32())
    }

    /// Reads a list of at most `limit` tree nodes.
    package mutating func treeNodes(atMost limit: Int) throws(CompactDecodingError) -> [TreeNode] {
        try array(atMost: limit, "tree nodes") { (reader) throws(CompactDecodingError) in try reader.treeNode() }
    }
}

extension ByteWriter {
    /// Writes a list of tree nodes.
    package mutating func treeNodes(_ nodes: [TreeNode]) {
        array(nodes) { writer, node in
            writer.uint(node.index)
            writer.uint(node.size)
            writer.fixed32(node.hash)
        }
    }
}
