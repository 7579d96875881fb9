import CompactEncoding
import Crypto
import MerkleTree
import TestSupport

/// A proof with one thing wrong, and what that is.
struct Mutant {
    let change: String
    let proof: Proof
}

extension Proof {
    /// The lists of nodes in a proof, by name.
    private static var lists: [(name: String, path: WritableKeyPath<Proof, [TreeNode]>)] {
        [
            ("block.nodes", \Proof.blockNodes), ("hash.nodes", \Proof.hashNodes), ("seek.nodes", \Proof.seekNodes),
            ("upgrade.nodes", \Proof.upgradeNodes), ("upgrade.additionalNodes", \Proof.additionalNodes),
        ]
    }

    /// The proof with one thing changed at a time: every number, a random bit of everything else, and every list in its
    /// order and number of nodes. Nodes added to the end of `upgrade.nodes` are left to ``withSurplusNodes``.
    func mutants(using random: inout SeededGenerator) -> [Mutant] {
        var mutants: [Mutant] = []
        func add(_ change: String, _ mutate: (inout Proof) -> Void) {
            var proof = self
            mutate(&proof)
            if proof != self { mutants.append(Mutant(change: change, proof: proof)) }
        }
        for (name, path) in Self.lists {
            let count = self[keyPath: path].count
            for position in 0..<count {
                let bit = Int.random(in: 0..<256, using: &random)
                add("\(name)[\(position)].hash, bit \(bit)") { $0[keyPath: path][position].hash.flip(bit) }
                for delta: UInt64 in [1, .max, 2, .max - 1] {
                    add("\(name)[\(position)].index &+ \(delta)") { $0[keyPath: path][position].index &+= delta }
                    add("\(name)[\(position)].size &+ \(delta)") { $0[keyPath: path][position].size &+= delta }
                }
                add("\(name)[\(position)] missing") { $0[keyPath: path].remove(at: position) }
                // A seek proves two siblings alike, whichever of them it begins with.
                if position > (path == \Proof.seekNodes ? 1 : 0) {
                    add("\(name)[\(position)] swapped with the one before") {
                        $0[keyPath: path].swapAt(position, position - 1)
                    }
                }
                add("\(name)[\(position)] twice") {
                    // After the last of the upgrade's nodes it would be surplus.
                    $0[keyPath: path].insert($0[keyPath: path][position], at: position)
                    if path == \Proof.upgradeNodes, position == count - 1 { $0[keyPath: path].removeLast() }
                }
            }
            if count > 0 {
                add("\(name) gone") { $0[keyPath: path].removeAll() }
            }
            if path != \Proof.upgradeNodes {
                for index in extraIndices(for: path) {
                    add("\(name) with a made-up node \(index) at its end") {
                        $0[keyPath: path].append(TreeNode(index: index, size: 1, hash: .zero))
                    }
                }
            }
        }
        addFieldMutants(add, using: &random)
        return mutants
    }

    private func addFieldMutants(
        _ add: (String, (inout Proof) -> Void) -> Void, using random: inout SeededGenerator
    ) {
        if let block {
            for delta: UInt64 in [1, .max] { add("block.index &+ \(delta)") { $0.block?.index &+= delta } }
            if !block.value.isEmpty {
                let offset = Int.random(in: 0..<block.value.count, using: &random)
                add("block.value[\(offset)]") { $0.block?.value[block.value.startIndex + offset] ^= 0x10 }
                add("block.value shorter") { $0.block?.value.removeLast() }
            }
            add("block.value longer") { $0.block?.value.append(0) }
        }
        if hash != nil {
            for delta: UInt64 in [1, .max] { add("hash.index &+ \(delta)") { $0.hash?.index &+= delta } }
        }
        if block != nil {
            add("a hash part beside the block") { $0.hash = Hash(index: 0, nodes: []) }
        }
        if let upgrade {
            for delta: UInt64 in [1, .max, 2, .max - 1] {
                add("upgrade.start &+ \(delta)") { $0.upgrade?.start &+= delta }
                add("upgrade.length &+ \(delta)") { $0.upgrade?.length &+= delta }
            }
            for offset in [0, 1, 2, 33, 34, 65, 66, 67] where offset < upgrade.signature?.count ?? 0 {
                add("upgrade.signature[\(offset)]") { $0.upgrade?.signature?[offset] ^= 1 }
            }
            add("upgrade.signature shorter") { $0.upgrade?.signature?.removeLast() }
            add("upgrade.signature gone") { $0.upgrade?.signature = nil }
        }
    }

    /// Where a node after the last one of a list would be expected, and where it would never be.
    private func extraIndices(for path: KeyPath<Proof, [TreeNode]>) -> [UInt64] {
        switch path {
        case \Proof.blockNodes: block.map { [Self.end(of: 2 * $0.index, $0.nodes.count), 1 << 53] } ?? []
        case \Proof.hashNodes: hash.map { [Self.end(of: $0.index, $0.nodes.count - 1), 1 << 53] } ?? []
        case \Proof.seekNodes:
            (seek?.nodes.first).map { [Self.end(of: $0.index, (seek?.nodes.count ?? 1) - 1), .max] } ?? []
        default:
            upgrade.map { upgrade in
                let last = upgrade.additionalNodes.last.map { FlatTree.blocks(under: $0.index).upperBound }
                return [2 * (last ?? upgrade.start + upgrade.length), 0, .max]
            } ?? []
        }
    }

    private static func end(of index: UInt64, _ steps: Int) -> UInt64 {
        FlatTree.sibling(of: (0..<max(0, steps)).reduce(index) { index, _ in FlatTree.parent(of: index) })
    }

    /// The proof with nodes after the last one that its upgrade needs, which receivers ignore (PROTOCOL §4).
    var withSurplusNodes: Proof {
        var proof = self
        proof.upgradeNodes += [
            TreeNode(index: 0, size: 1, hash: .zero), TreeNode(index: .max, size: .max, hash: .zero),
        ]
        return proof
    }
}

extension Proof {
    fileprivate var blockNodes: [TreeNode] {
        get { block?.nodes ?? [] }
        set { block?.nodes = newValue }
    }
    fileprivate var hashNodes: [TreeNode] {
        get { hash?.nodes ?? [] }
        set { hash?.nodes = newValue }
    }
    fileprivate var seekNodes: [TreeNode] {
        get { seek?.nodes ?? [] }
        set { seek?.nodes = newValue }
    }
    fileprivate var upgradeNodes: [TreeNode] {
        get { upgrade?.nodes ?? [] }
        set { upgrade?.nodes = newValue }
    }
    fileprivate var additionalNodes: [TreeNode] {
        get { upgrade?.additionalNodes ?? [] }
        set { upgrade?.additionalNodes = newValue }
    }
}

extension Bytes32 {
    fileprivate mutating func flip(_ bit: Int) {
        withUnsafeMutableBytes { $0[bit / 8] ^= 1 << (bit % 8) }
    }
}
