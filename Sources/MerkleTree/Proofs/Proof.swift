public import Crypto

/// What answers a ``ProofRequest`` (PROTOCOL §4, Proof). It is a claim until it was verified.
public struct Proof: Hashable, Sendable {
    /// A block with the siblings on its path, the first being the sibling of its leaf.
    public var block: Block?
    /// A tree node, first in its `nodes`, and the siblings on its path.
    @Indirect public var hash: Hash?
    /// The node that a seek led to, first in its `nodes`, and the siblings on its path.
    @Indirect public var seek: Seek?
    /// The nodes that lift the requester's tree to a longer one, and the signature of that.
    @Indirect public var upgrade: Upgrade?

    /// Creates a proof of the given parts.
    public init(block: Block? = nil, hash: Hash? = nil, seek: Seek? = nil, upgrade: Upgrade? = nil) {
        self.block = block
        self.hash = hash
        self.seek = seek
        self.upgrade = upgrade
    }

    /// A block and its path.
    public struct Block: Hashable, Sendable {
        /// The block's index.
        public var index: UInt64
        /// The block's bytes. A slice, so that they can stay in the frame that brought them.
        public var value: ArraySlice<UInt8>
        /// The siblings on the path, from the leaf's upwards.
        public var nodes: [TreeNode]

        /// Creates the part.
        public init(index: UInt64, value: ArraySlice<UInt8>, nodes: [TreeNode]) {
            self.index = index
            self.value = value
            self.nodes = nodes
        }
    }

    /// A node and its path.
    public struct Hash: Hashable, Sendable {
        /// The node's flat-tree index.
        public var index: UInt64
        /// The node itself, and the siblings on the path upwards.
        public var nodes: [TreeNode]

        /// Creates the part.
        public init(index: UInt64, nodes: [TreeNode]) {
            self.index = index
            self.nodes = nodes
        }
    }

    /// The path of a found byte offset.
    public struct Seek: Hashable, Sendable {
        /// The offset that was asked for.
        public var bytes: UInt64
        /// The found node, and the siblings on the path upwards.
        public var nodes: [TreeNode]

        /// Creates the part.
        public init(bytes: UInt64, nodes: [TreeNode]) {
            self.bytes = bytes
            self.nodes = nodes
        }
    }

    /// A longer tree.
    public struct Upgrade: Hashable, Sendable {
        /// The length that the nodes start from, in blocks.
        public var start: UInt64
        /// How many blocks `nodes` lift the tree by.
        public var length: UInt64
        /// The nodes from `start` to `start + length`.
        public var nodes: [TreeNode]
        /// The nodes from there to the length that is signed.
        public var additionalNodes: [TreeNode]
        /// The signature over the tree at the sender's length; its form is the manifest's business.
        public var signature: [UInt8]?

        /// Creates the part.
        public init(
            start: UInt64, length: UInt64, nodes: [TreeNode], additionalNodes: [TreeNode], signature: [UInt8]?
        ) {
            self.start = start
            self.length = length
            self.nodes = nodes
            self.additionalNodes = additionalNodes
            self.signature = signature
        }
    }
}
