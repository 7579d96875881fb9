import Crypto

/// Which nodes answer a request, and in which place; made by ``TreeHead/plan(_:prologueLength:reading:)``.
///
/// A plan holds indices only. Fetch what it names, then ``assemble(value:signature:reading:)`` puts the nodes in their
/// places. Every list is as long as a path at most, and every index is one of the tree that was planned for.
public struct ProofPlan: Hashable, Sendable {
    /// The path of a block, its value not included.
    public internal(set) var block: Path?
    /// The path of a node.
    public internal(set) var hash: Path?
    /// The path of a found byte offset, which `block` or `hash` pass or the upgrade ends at.
    public internal(set) var seek: SeekPath?
    /// The nodes of an upgrade.
    public internal(set) var upgrade: UpgradePath?

    /// The way up from a block or a node.
    public struct Path: Hashable, Sendable {
        /// The asked block, or the asked node's index.
        public var index: UInt64
        /// The nodes of the part, in order.
        public var nodes: [UInt64]
    }

    /// The way up from where a byte offset led.
    public struct SeekPath: Hashable, Sendable {
        /// The offset that was asked for.
        public var bytes: UInt64
        /// The nodes of the part, in order; the first is the found one.
        public var nodes: [UInt64]
    }

    /// The way from one length to another.
    public struct UpgradePath: Hashable, Sendable {
        /// The length that the nodes start from, in blocks.
        public var start: UInt64
        /// How many blocks `nodes` lift the tree by, together with the path that stands in for one of them.
        public var length: UInt64
        /// The nodes from `start` to `start + length`.
        public var nodes: [UInt64]
        /// The nodes from there to the tree's length.
        public var additionalNodes: [UInt64]
    }

    /// Every node that the answer carries, in the order of the wire.
    public var nodes: [UInt64] {
        [block?.nodes, hash?.nodes, seek?.nodes, upgrade?.nodes, upgrade?.additionalNodes].flatMap { $0 ?? [] }
    }

    /// Fetches the nodes and puts them in their places.
    ///
    /// - Parameters:
    ///   - value: the bytes of the asked block.
    ///   - signature: what was signed at the length that was planned for; goes with an upgrade only.
    ///   - reader: where nodes are read from.
    /// - Throws: `.missingNode` where a node is not held; what the reader throws.
    /// - Precondition: there is a value where the plan has a block.
    public func assemble(
        value: ArraySlice<UInt8>? = nil, signature: [UInt8]? = nil, reading reader: some NodeReader & ~Escapable
    ) throws -> Proof {
        var proof = Proof()
        if let block {
            guard let value else { preconditionFailure("the plan has block \(block.index), and no value was given") }
            proof.block = Proof.Block(index: block.index, value: value, nodes: try fetch(block.nodes, reader))
        }
        if let hash {
            proof.hash = Proof.Hash(index: hash.index, nodes: try fetch(hash.nodes, reader))
        }
        if let seek {
            proof.seek = Proof.Seek(bytes: seek.bytes, nodes: try fetch(seek.nodes, reader))
        }
        if let upgrade {
            proof.upgrade = Proof.Upgrade(
                start: upgrade.start, length: upgrade.length, nodes: try fetch(upgrade.nodes, reader),
                additionalNodes: try fetch(upgrade.additionalNodes, reader), signature: signature)
        }
        return proof
    }

    private func fetch(_ indices: [UInt64], _ reader: some NodeReader & ~Escapable) throws -> [TreeNode] {
        var nodes: [TreeNode] = []
        nodes.reserveCapacity(indices.count)
        for index in indices {
            nodes.append(try reader.required(index))
        }
        return nodes
    }
}
