/// What a requester wants proven (PROTOCOL §4, Proof request): any combination of its parts.
public struct ProofRequest: Hashable, Sendable {
    /// A block, with its value.
    public var block: Node?
    /// A tree node; its index is a flat-tree index.
    @Indirect public var hash: Node?
    /// The block that holds a byte offset.
    @Indirect public var seek: Seek?
    /// A longer tree than the requester has.
    @Indirect public var upgrade: Upgrade?

    /// Creates a request of the given parts.
    public init(block: Node? = nil, hash: Node? = nil, seek: Seek? = nil, upgrade: Upgrade? = nil) {
        self.block = block
        self.hash = hash
        self.seek = seek
        self.upgrade = upgrade
    }

    /// Whether nothing is asked for.
    public var isEmpty: Bool { block == nil && hash == nil && seek == nil && upgrade == nil }

    /// A block or a node, and how much of its path the requester lacks.
    public struct Node: Hashable, Sendable {
        /// A block index for a block, a flat-tree index for a hash.
        public var index: UInt64
        /// How many nodes the requester lacks, counted from the asked one upwards; 0 where it knows the node itself.
        public var nodes: UInt64

        /// Names a block or a node.
        public init(index: UInt64, nodes: UInt64) {
            self.index = index
            self.nodes = nodes
        }
    }

    /// A byte offset to be found.
    public struct Seek: Hashable, Sendable {
        /// The offset in bytes, not counting `padding`.
        public var bytes: UInt64
        /// The bytes of encryption padding that each block carries and that are not counted.
        public var padding: UInt64

        /// Names an offset.
        public init(bytes: UInt64, padding: UInt64 = 0) {
            self.bytes = bytes
            self.padding = padding
        }
    }

    /// The part of a tree that the requester lacks.
    public struct Upgrade: Hashable, Sendable {
        /// The requester's length, in blocks.
        public var start: UInt64
        /// How many blocks longer the tree is wanted.
        public var length: UInt64

        /// Names a part.
        public init(start: UInt64, length: UInt64) {
            self.start = start
            self.length = length
        }
    }
}
