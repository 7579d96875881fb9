public import StorageEngine

/// What is kept where.
///
/// ```text
/// table     key                                              value
/// store     "format"                                         u32 version of everything below
///           "next-core"                                      u32 the next core number
///           "primary-key"                                    32 bytes
///           "history-doubt"                                  DoubtRecord, where the store was ever in doubt
///           0x01 ‖ namespace 32 ‖ name                       discovery key 32             an alias
///           0x02 ‖ topic 32 ‖ timestamp u64 ‖ core u32       discovery key 32             a log of a group
/// cores     0x00 ‖ discovery key 32                          CorePointer
///           0x01 ‖ core u32 ‖ 0x00                           CoreIdentity: key, manifest, secret
///           0x01 ‖ core u32 ‖ 0x01                           HeadRecord: fork, length, roots, spans, signature
///           0x01 ‖ core u32 ‖ 0x02                           PresenceRecord, where not all blocks are here
///           0x01 ‖ core u32 ‖ 0x03                           TrustRecord, where its history was ever in question
///           0x01 ‖ core u32 ‖ 0x04                           ConflictRecord, where two histories of it were signed
///           0x01 ‖ core u32 ‖ 0x05 ‖ name                    HeadRecord of a branch, never signed
///           0x01 ‖ core u32 ‖ 0x06                           u32 the next generation, once there was a branch
///           0x01 ‖ core u32 ‖ 0x08                           GroupRecord, where the log belongs to a group
///           0x01 ‖ core u32 ‖ 0x09                           MarkRecord, while blocks are marked
///           0x01 ‖ core u32 ‖ 0x10 ‖ key                     user data
///           0x02 ‖ core u32 [‖ generation u32 ‖ block u64]   empty: Garbage, what waits to be swept
/// blocks    core u32 ‖ generation u32 ‖ block u64            the block's bytes
/// tree      core u32 ‖ generation u32 ‖ rightmost leaf u64   NodeGroup: the nodes that end at this leaf
/// bitfield  core u32 ‖ 0 u32 ‖ page u64                      which of 32,768 blocks are here: 4,096 bytes, or one byte
///                                                            (0x00, 0xff) for none or all
///           core u32 ‖ 1 u32 ‖ page u64                      which of 32,768 blocks are marked: 4,096 bytes
/// ```
///
/// Numbers in keys are big-endian, so that the keys of one core, and of one generation of it, lie together and in order.
/// A core number is given once and never again, so a purged core and its successor cannot be taken for each other.
///
/// A *generation* is a run of appends between two truncations. Blocks and nodes carry it in their keys and a head lists
/// which generation holds which blocks (``Spans``), so truncating edits a list and copies or deletes nothing.
///
/// A *branch* is a further head over the same blocks: what it appends is of generations of its own, what lies below the
/// point where it began is shared. So making a branch, and committing it into the main line, edits lists as well.
///
/// A parent node is kept with the leaf that completed it, its rightmost one: an append writes one record for the block
/// and one for all the nodes that it brought about, and a truncation leaves exactly the nodes that are still valid.
public enum Schema {
    /// The version of the layout that this library writes.
    public static let version: UInt32 = 1

    static let store = Table(ordinal: 0, name: "store")
    static let cores = Table(ordinal: 1, name: "cores")
    static let blocks = Table(ordinal: 2, name: "blocks", isWorthCompressing: true)
    static let tree = Table(ordinal: 3, name: "tree")
    static let bitfield = Table(ordinal: 4, name: "bitfield")

    /// All tables, for whoever opens an engine.
    public static let tables = [store, cores, blocks, tree, bitfield]
}
