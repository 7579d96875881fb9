import CCorestoreLMDB
public import StorageEngine

/// How large an ``LMDBEngine``'s file is, and what is in use.
public struct LMDBStatistics: Sendable, Equatable {
    /// The size of a page in bytes.
    public let pageByteCount: Int
    /// Pages that hold records, or the trees above them.
    public let usedPageCount: Int
    /// Pages in the file that hold nothing and will be used again.
    public let freePageCount: Int
    /// The length of the file in bytes.
    public let fileByteCount: Int
    /// The address space reserved for the file in bytes.
    public let mapByteCount: Int
    /// Snapshots that can be open at a time, in all processes together.
    public let maximumReaders: Int
    /// How many places for snapshots have ever been in use at a time.
    public let peakReaders: Int
    /// The number of the last committed transaction of the environment.
    public let lastTransaction: UInt64
}

extension LMDBEngine {
    /// How large the file is, and what is in use. Reads the list of free pages, so it takes a while in a large store.
    public func statistics() throws(StorageError) -> LMDBStatistics {
        try withView { view throws(StorageError) in try statistics(view) }
    }

    private func statistics(_ view: ReadView) throws(StorageError) -> LMDBStatistics {
        // The engine's own may have been replaced since.
        let environment = view.transaction.environment
        var information = MDB_envinfo()
        mdb_env_info(environment.pointer, &information)
        let freePageCount = try view.freePageCount()
        return LMDBStatistics(
            pageByteCount: environment.pointer.pageByteCount,
            usedPageCount: information.me_last_pgno + 1 - freePageCount,
            freePageCount: freePageCount,
            fileByteCount: file.byteCount,
            mapByteCount: information.me_mapsize,
            maximumReaders: Int(information.me_maxreaders),
            peakReaders: Int(information.me_numreaders),
            lastTransaction: UInt64(information.me_last_txnid))
    }

    /// Frees the places in the table of readers of processes that have died, and returns how many there were. Until
    /// then what their snapshots saw cannot be used again.
    ///
    /// The engine does it by itself when the table is full.
    @discardableResult
    public func removeStaleReaders() throws(StorageError) -> Int {
        try withView { view throws(StorageError) in
            var count: Int32 = 0
            try LMDBStatus(mdb_reader_check(view.transaction.environment.pointer, &count)).check(
                "checking the readers of \(path)")
            return Int(count)
        }
    }

    /// Calls `body` with a view of the newest state, also inside a read. While it has one, the environment stays open.
    func withView<Value>(_ body: (ReadView) throws(StorageError) -> Value) throws(StorageError) -> Value {
        try checkProcess()
        let view = try readers.checkOut()
        defer { readers.checkIn(view) }
        return try body(view)
    }
}

extension ReadView {
    /// The pages in LMDB's list of free pages: each record of it begins with how many it names.
    fileprivate func freePageCount() throws(StorageError) -> Int {
        let freeList: MDB_dbi = 0
        let cursor = try transaction.openCursor(freeList)
        defer { mdb_cursor_close(cursor) }
        var count = 0
        var record = try transaction.move(cursor, MDB_FIRST)
        while let (_, pages) = record {
            count += pages.loadUnaligned(as: Int.self)
            record = try transaction.move(cursor, MDB_NEXT)
        }
        return count
    }
}
