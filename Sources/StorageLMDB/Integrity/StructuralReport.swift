/// What a check of a store's file has counted; see ``LMDBEngine/check(at:progress:)``.
public struct StructuralReport: Sendable, Equatable {
    /// One table.
    public struct Table: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// Its records.
        public let entryCount: UInt64
        /// Pages from its root to a record; 0 where it is empty.
        public let depth: Int
        /// Pages above others.
        public let branchPageCount: UInt64
        /// Pages with records.
        public let leafPageCount: UInt64
        /// Pages with large values.
        public let overflowPageCount: UInt64
    }

    /// The size of a page in bytes.
    public let pageByteCount: Int
    /// All pages of the file.
    public let pageCount: Int
    /// Pages that hold something.
    public let usedPageCount: Int
    /// Pages that hold nothing and will be used again.
    public let freePageCount: Int
    /// Pages that are neither in use nor known to be free. They harm nothing; compacting gives them back.
    public let lostPageCount: Int
    /// The number of the last committed transaction of the environment.
    public let lastTransaction: UInt64
    /// The tables by name.
    public let tables: [Table]
}

/// How far a check has come.
public struct StructuralCheckProgress: Sendable, Hashable {
    /// Pages that are known to be in order.
    public let checkedPageCount: Int
    /// All pages.
    public let pageCount: Int
}
