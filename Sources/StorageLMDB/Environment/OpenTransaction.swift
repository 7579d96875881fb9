import CCorestoreLMDB
import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Reading in an LMDB transaction, of either kind.
///
/// What it returns points into the map: valid until the transaction ends, and in a write transaction until the next
/// write.
struct OpenTransaction {
    let pointer: OpaquePointer
    let environment: Environment

    /// Calls `body` with the value of `key`, or not at all where there is none.
    func withValue(_ table: Table, _ key: RawSpan, _ body: (RawSpan) -> Void) throws(StorageError) {
        if let stored = try stored(table, key) { try withValue(stored, of: key, table, body) }
    }

    /// Calls `body` with the value in what was found under `key`.
    func withValue(
        _ stored: UnsafeRawBufferPointer, of key: RawSpan, _ table: Table, _ body: (RawSpan) -> Void
    ) throws(StorageError) {
        Self.fetch(stored)
        try withValue(in: stored, of: key, table, body)
    }

    /// Has the kernel read a long value from the disk in one piece, where it is not in memory. Nothing is read ahead in the map
    /// (`MDB_NORDAHEAD`), so that a value of sixteen pages would be sixteen reads, one after the other.
    private static func fetch(_ value: UnsafeRawBufferPointer) {
        guard value.count >= fetchedByteCount, let start = value.baseAddress else { return }
        let intoPage = Int(bitPattern: start) & (Int(getpagesize()) - 1)
        // Only a hint: where it is not heeded, the value is read page by page.
        madvise(UnsafeMutableRawPointer(mutating: start - intoPage), intoPage + value.count, MADV_WILLNEED)
    }

    /// From three pages on the hint costs less than what it spares.
    private static var fetchedByteCount: Int { 3 << 12 }

    /// Calls `body` with the value in what is stored under `key`: where it lies, if it lies there as it is.
    private func withValue(
        in stored: UnsafeRawBufferPointer, of key: RawSpan, _ table: Table, _ body: (RawSpan) -> Void
    ) throws(StorageError) {
        if let plain = StoredValue.plain(in: stored) { return body(plain.bytes) }
        do throws(UnreadableValue) {
            try environment.unpacking.withValue(of: try StoredValue.frame(in: stored).bytes, body)
        } catch {
            throw error.error(table, key: key, path: environment.path)
        }
    }

    /// What is stored under `key`, with its tag; `nil` where there is nothing.
    func stored(_ table: Table, _ key: RawSpan) throws(StorageError) -> UnsafeRawBufferPointer? {
        try environment.checkKeyLength(key)
        guard let handle = environment.handle(table) else { return nil }
        var value = MDB_val()
        let status = key.withMDBValue { key in LMDBStatus(mdb_get(pointer, handle, &key, &value)) }
        if status.rawValue == MDB_NOTFOUND { return nil }
        try status.check("reading from \(environment.path)")
        return UnsafeRawBufferPointer(value)
    }

    /// What is stored under `key`, looked for from where the cursor stands: next to nothing where that is on the same page.
    func stored(_ key: RawSpan, by cursor: OpaquePointer) throws(StorageError) -> UnsafeRawBufferPointer? {
        try environment.checkKeyLength(key)
        var value = MDB_val()
        let status = key.withMDBValue { key in LMDBStatus(mdb_cursor_get(cursor, &key, &value, MDB_SET)) }
        if status.rawValue == MDB_NOTFOUND { return nil }
        try status.check("reading from \(environment.path)")
        return UnsafeRawBufferPointer(value)
    }

    /// Visits the records of `range` in `order` until `body` says stop.
    func scan(
        _ table: Table, _ range: KeyRange, _ order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep
    ) throws(StorageError) {
        guard let handle = environment.handle(table) else { return }
        let cursor = try openCursor(handle)
        defer { mdb_cursor_close(cursor) }
        var record = try first(cursor, range, order)
        while let (key, stored) = record, isInside(key, range, order) {
            var step = ScanStep.next
            try withValue(in: stored, of: key.bytes, table) { step = body(key.bytes, $0) }
            guard step == .next else { return }
            record = try move(cursor, order == .ascending ? MDB_NEXT : MDB_PREV)
        }
    }

    func openCursor(_ handle: MDB_dbi) throws(StorageError) -> OpaquePointer {
        var cursor: OpaquePointer?
        try LMDBStatus(mdb_cursor_open(pointer, handle, &cursor)).check("reading from \(environment.path)")
        guard let cursor else { preconditionFailure("LMDB opened no cursor and reported no error") }
        return cursor
    }
}

// MARK: - Moving a cursor

extension OpenTransaction {
    typealias Record = (key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer)

    /// The first record that a scan of `range` visits, if it is in the range at all.
    func first(_ cursor: OpaquePointer, _ range: KeyRange, _ order: ScanOrder) throws(StorageError) -> Record? {
        switch order {
        case .ascending:
            guard let lower = range.lower, !lower.isEmpty else { return try move(cursor, MDB_FIRST) }
            return try move(cursor, MDB_SET_RANGE, to: lower)
        case .descending:
            guard let upper = range.upper else { return try move(cursor, MDB_LAST) }
            guard !upper.isEmpty else { return nil }
            let isPastUpper = try move(cursor, MDB_SET_RANGE, to: upper) != nil
            return try move(cursor, isPastUpper ? MDB_PREV : MDB_LAST)
        }
    }

    /// Whether a scan that has come to `key` is still in `range`: at the end that it moves towards.
    func isInside(_ key: UnsafeRawBufferPointer, _ range: KeyRange, _ order: ScanOrder) -> Bool {
        switch order {
        case .ascending: range.upper.map { key.isBefore($0) } ?? true
        case .descending: range.lower.map { !key.isBefore($0) } ?? true
        }
    }

    func move(
        _ cursor: OpaquePointer, _ operation: MDB_cursor_op, to start: [UInt8] = []
    ) throws(StorageError) -> Record? {
        var value = MDB_val()
        let (status, found) = start.span.bytes.withMDBValue { key in
            (LMDBStatus(mdb_cursor_get(cursor, &key, &value, operation)), key)
        }
        if status.rawValue == MDB_NOTFOUND { return nil }
        try status.check("reading from \(environment.path)")
        return (UnsafeRawBufferPointer(found), UnsafeRawBufferPointer(value))
    }
}

extension RawSpan {
    /// Calls `body` with these bytes as LMDB takes them. It only reads them, whatever the type says.
    func withMDBValue<Result>(_ body: (inout MDB_val) -> Result) -> Result {
        withUnsafeBytes { bytes in
            var value = MDB_val(
                mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
            return body(&value)
        }
    }
}

extension UnsafeRawBufferPointer {
    init(_ value: MDB_val) {
        self.init(start: value.mv_data, count: value.mv_size)
    }

    /// Bytewise order; a prefix comes first.
    fileprivate func isBefore(_ other: [UInt8]) -> Bool {
        let common = Swift.min(count, other.count)
        let order = common == 0 ? 0 : other.withUnsafeBytes { memcmp(baseAddress!, $0.baseAddress!, common) }
        return order == 0 ? count < other.count : order < 0
    }
}
