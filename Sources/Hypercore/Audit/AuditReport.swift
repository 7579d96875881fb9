/// What an audit of a log has found, and what was done about it.
public struct AuditReport: Hashable, Sendable {
    /// How many things of each kind.
    public struct Counts: Hashable, Sendable {
        /// Blocks.
        public internal(set) var blocks: UInt64 = 0
        /// Nodes of the tree.
        public internal(set) var nodes: UInt64 = 0
        /// Blocks of which the log did not know whether they are here.
        public internal(set) var bits: UInt64 = 0
        /// Pages of the record of which blocks are here, of 32,768 blocks each.
        public internal(set) var pages: UInt64 = 0

        /// Whether there are none.
        public var isEmpty: Bool { self == Counts() }
    }

    /// How many damaged blocks are listed.
    public static let listedBlockLimit = 1000

    /// The log's length when the audit began.
    public internal(set) var length: UInt64 = 0
    /// Why the signature of the head does not hold, which everything else is checked against; `nil` where it does.
    ///
    /// Where it does not, nothing is repaired: the tree proves nothing then, and a peer has to be asked.
    public internal(set) var signatureFailure: String?
    /// Blocks and nodes that were checked.
    public internal(set) var checked = Counts()
    /// What was damaged or missing.
    public internal(set) var damaged = Counts()
    /// What could not be rebuilt and was removed, so that a peer can bring it again.
    public internal(set) var dropped = Counts()
    /// What was made anew out of what is here.
    public internal(set) var rebuilt = Counts()
    /// The first of the damaged blocks, ascending; ``damaged`` has how many there are.
    public internal(set) var damagedBlocks: [UInt64] = []

    /// Whether nothing was damaged.
    public var isSound: Bool { damaged.isEmpty && signatureFailure == nil }
}

/// Something that an audit has found damaged.
public enum AuditDamage: Hashable, Sendable {
    /// What is wrong with a block.
    public enum BlockDamage: Hashable, Sendable {
        /// Its bytes are not those that the tree was made of, or cannot be read.
        case altered
        /// The log claims to have it, and it is not stored.
        case missing
        /// The nodes that prove it are damaged and cannot be rebuilt.
        case unproven
        /// It is stored and sound, and the log did not know.
        case unknown
    }

    /// A block.
    case block(UInt64, BlockDamage)
    /// A node of the tree, by its flat-tree index.
    case node(UInt64)
    /// The record of which blocks are here, for the 32,768 blocks from 32,768 times this number on.
    case page(UInt64)
    /// The signature of the head, and why it does not hold.
    case signature(String)
}

/// What an audit tells while it goes on.
public enum AuditEvent: Hashable, Sendable {
    /// Something is damaged. It is told once; of a repair, when that is committed.
    case damage(AuditDamage)
    /// The blocks below `checkedLength` are checked, of `length`.
    case progress(checkedLength: UInt64, length: UInt64)
}
