import CompactEncoding
import Crypto
import HuntWorkload
import HypercoreStorage
import Manifest
import MerkleTree

/// Audits the records of one log: everything that is stored is computed again from the blocks, and compared.
struct CoreAudit {
    private let seed: UInt64
    private let stored: StoredCore
    private let identity: CoreIdentity
    private let head: HeadRecord
    private let tree: StoredTree
    private let hashing = BLAKE2bTreeHashing()
    private(set) var contents: CoreContents
    private(set) var violations: [Violation] = []

    init(_ stored: StoredCore, _ identity: CoreIdentity, seed: UInt64) throws {
        self.seed = seed
        self.stored = stored
        self.identity = identity
        head = try stored.head()
        tree = stored.tree(spans: head.spans)
        contents = CoreContents(
            key: identity.key.text, name: identity.alias.map { String(decoding: $0.name, as: UTF8.self) },
            fork: head.fork, length: head.length)
    }

    mutating func run(presentBlocks: [UInt64]) throws {
        verifySignature()
        var leaves: [UInt64: TreeLeaf] = [:]
        for index in presentBlocks {
            guard let block = try stored.block(index, spans: head.spans) else {
                report("block \(index) should be here, and its record is missing")
                continue
            }
            leaves[index] = TreeLeaf(hash: hashing.leaf(block.span.bytes), size: UInt64(block.count))
            if let content = BlockContent(bytes: block, seed: seed) {
                contents.blocks[index] = content
            } else {
                report("block \(index) (\(block.count) bytes) is none that was ever written")
            }
        }
        while let leaf = try leaves[nextLeaf] ?? storedLeaf(nextLeaf) { contents.leaves.append(leaf) }
        if nextLeaf == head.length {
            try compareWholeTree()
        } else {
            for (index, leaf) in leaves { try climb(from: index, leaf) }
        }
    }

    private var nextLeaf: UInt64 { UInt64(contents.leaves.count) }

    /// The leaf of a block that is not here, if it is known all the same.
    private func storedLeaf(_ index: UInt64) throws -> TreeLeaf? {
        guard index < head.length else { return nil }
        return try tree.node(at: 2 * index).map { TreeLeaf(hash: $0.hash, size: $0.size) }
    }
}

// MARK: - The tree

extension CoreAudit {
    private mutating func verifySignature() {
        guard head.length > 0 else { return }
        do {
            let authority = try identity.manifest.map {
                try TreeAuthority(key: identity.key, manifest: CoreManifest(decoding: $0))
            }
            try (authority ?? TreeAuthority(assumedFor: identity.key)).verify(head.signature, of: head.tree)
        } catch {
            report("the head is not signed: \(error)")
        }
    }

    /// Builds the tree of a log whose leaves are all here, and compares every node of it.
    private mutating func compareWholeTree() throws {
        var built = TreeHead(fork: head.fork)
        let nodes = try built.append(contents.leaves)
        if built != head.tree { report("the roots are not those of the blocks") }
        for node in nodes where try tree.node(at: node.index) != node {
            report("node \(node.index) is missing, or is not that of the blocks")
        }
    }

    /// Follows the path from a block to its root, with the stored siblings.
    private mutating func climb(from block: UInt64, _ leaf: TreeLeaf) throws {
        var node = TreeNode(index: 2 * block, size: leaf.size, hash: leaf.hash)
        while true {
            if let root = head.tree.roots.first(where: { $0.index == node.index }) {
                if root != node { report("block \(block) does not lead to root \(root.index)") }
                return
            }
            guard try tree.node(at: node.index) == node else {
                return report("node \(node.index), above block \(block), is missing or another")
            }
            guard let sibling = try tree.node(at: FlatTree.sibling(of: node.index)) else {
                return report("the sibling of node \(node.index), which block \(block) needs, is missing")
            }
            let (left, right) = FlatTree.isLeftChild(node.index) ? (node, sibling) : (sibling, node)
            guard let parent = hashing.parent(index: FlatTree.parent(of: node.index), left, right) else {
                return report("the sizes of nodes \(left.index) and \(right.index) overflow")
            }
            node = parent
        }
    }

    private mutating func report(_ detail: String) {
        violations.append(Violation(.sound, "core \(contents.name ?? contents.key): \(detail)"))
    }
}
