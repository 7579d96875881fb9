public import CompactEncoding
public import Manifest
public import Replication
public import StorageEngine

/// How a store is opened.
///
/// There is no cache to be sized or shared: blocks and tree nodes are read from a memory map, so what is read often stays in
/// the system's page cache, which all stores and processes share and which gives way when memory is needed elsewhere.
public struct CorestoreOptions: Sendable {
    /// What an acknowledged append survives: `.full` a power cut, `.relaxed` only the process.
    public var durability: Durability
    /// Opens without writing anything, beside a process that writes. Cores can then be read and served, not created,
    /// appended to or downloaded.
    public var readOnly: Bool
    /// Whether logs can be changed by who opens them. Where not, they are opened read-only, and what peers bring is stored
    /// all the same: for a process that mirrors, and must never sign.
    public var isWritable: Bool
    /// Whether logs are wanted when they are opened (`SessionOptions.isActive`), unless their own options say that they
    /// are not. A store that is not active brings no log to its peers and asks for none; it serves those that peers ask
    /// for, each for as long as they do.
    public var isActive: Bool
    /// The version of the manifests that logs of names and key pairs are made with. What is stored already stays as it is.
    public var manifestVersion: CoreManifest.Version
    /// The key that all named cores derive from. A new store makes a random one where none is given; a store that has
    /// one accepts only the same.
    public var primaryKey: Bytes32?
    /// Whether blocks are compressed as they are stored; those that are stored already stay as they are. Hashes, sizes
    /// and what peers get are those of the original blocks.
    public var compression: BlockCompression
    /// Says that the caller knows what a given ``primaryKey`` means: two stores with one primary key that append to a
    /// core of one name fork it for everybody.
    public var unsafe: Bool
    /// Says that nothing is missing from a store that was copied, moved, restored or broken off, and that its original is
    /// not written to any more. Its logs are then appended to without waiting for a peer to confirm them; see
    /// ``Corestore/trustHistory()``.
    public var trustsHistory: Bool
    /// The bounds of replication, for each log: how much is asked of peers, and what they can make us keep.
    public var replicationLimits = ReplicationLimits()
    /// Time and chance, which simulations replace.
    public var environment = StoreEnvironment()

    /// The options; by default durable, writable, active, with a primary key of the store's own.
    public init(
        durability: Durability = .full, readOnly: Bool = false, isWritable: Bool = true, isActive: Bool = true,
        compression: BlockCompression = .none, manifestVersion: CoreManifest.Version = .v1,
        primaryKey: Bytes32? = nil, unsafe: Bool = false, trustsHistory: Bool = false
    ) {
        self.durability = durability
        self.readOnly = readOnly
        self.isWritable = isWritable
        self.isActive = isActive
        self.compression = compression
        self.manifestVersion = manifestVersion
        self.primaryKey = primaryKey
        self.unsafe = unsafe
        self.trustsHistory = trustsHistory
    }
}

/// Whether blocks are compressed as they are stored.
public enum BlockCompression: Hashable, Sendable {
    /// They are stored as they are.
    case none
    /// They are compressed by zstd where that saves enough to pay.
    ///
    /// - Parameter level: 1 (fastest) to 19 (smallest); 3 is a good middle.
    case zstd(level: Int = 3)
}
