public import CompactEncoding
public import StorageEngine

/// How a store is opened.
public struct CorestoreOptions: Sendable {
    /// What an acknowledged append survives: `.full` a power cut, `.relaxed` only the process.
    public var durability: Durability
    /// Opens without writing anything, beside a process that writes. Cores can then be read and served, not created,
    /// appended to or downloaded.
    public var readOnly: Bool
    /// The key that all named cores derive from. A new store makes a random one where none is given; a store that has
    /// one accepts only the same.
    public var primaryKey: Bytes32?
    /// Says that the caller knows what a given ``primaryKey`` means: two stores with one primary key that append to a
    /// core of one name fork it for everybody.
    public var unsafe: Bool
    /// Says that nothing is missing from a store that was copied, moved, restored or broken off, and that its original is
    /// not written to any more. Its logs are then appended to without waiting for a peer to confirm them; see
    /// ``Corestore/trustHistory()``.
    public var trustsHistory: Bool

    /// The options; by default durable, writable, with a primary key of the store's own.
    public init(
        durability: Durability = .full, readOnly: Bool = false, primaryKey: Bytes32? = nil, unsafe: Bool = false,
        trustsHistory: Bool = false
    ) {
        self.durability = durability
        self.readOnly = readOnly
        self.primaryKey = primaryKey
        self.unsafe = unsafe
        self.trustsHistory = trustsHistory
    }
}
