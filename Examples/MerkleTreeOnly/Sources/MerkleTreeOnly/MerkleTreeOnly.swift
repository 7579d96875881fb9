import Crypto
import MerkleTree

/// Prints the tree hash of its arguments, one block each: what a log of these blocks would be signed by.
@main
struct MerkleTreeOnly {
    static func main() throws {
        let hashing = BLAKE2bTreeHashing()
        let leaves = CommandLine.arguments.dropFirst().map { argument in
            let block = Array(argument.utf8)
            return TreeLeaf(hash: hashing.leaf(block.span.bytes), size: UInt64(block.count))
        }
        var head = TreeHead()
        _ = try head.append(leaves)
        print(head.treeHash())
    }
}
