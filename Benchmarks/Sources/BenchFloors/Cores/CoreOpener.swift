import CBenchLMDB

/// Opens cores by name: what a core is found by and what has to be known of it before it can be used.
///
/// The name leads to the discovery key, that to the core's number; identity, head and, where blocks are missing, what
/// is here of it lie side by side: one search and a step each.
struct CoreOpener: ~Copyable {
    private let store: FloorStore
    private let transaction: OpaquePointer
    private let records: OpaquePointer
    private var names = CoreNames()
    private let pointerKey = UnsafeMutableRawPointer.allocate(byteCount: 33, alignment: 8)

    init(at directory: String) {
        store = FloorStore(at: directory)
        transaction = begin(store.environment, flags: MDB_RDONLY)
        records = openCursor(transaction, store.cores)
        mdb_txn_reset(transaction)
        pointerKey.storeBytes(of: 0, as: UInt8.self)
    }

    deinit {
        mdb_cursor_close(records)
        mdb_txn_abort(transaction)
        pointerKey.deallocate()
    }

    /// Opens the core of `name`, which is there.
    mutating func open(_ name: String) -> OpenCore {
        check(mdb_txn_renew(transaction))
        check(mdb_cursor_renew(transaction, records))
        defer { mdb_txn_reset(transaction) }
        var (key, value) = (MDB_val(names.take(name)), MDB_val())
        check(mdb_get(transaction, store.names, &key, &value))
        (pointerKey + 1).copyMemory(from: value.mv_data, byteCount: 32)
        key = MDB_val(UnsafeRawBufferPointer(start: pointerKey, count: 33))
        check(mdb_get(transaction, store.cores, &key, &value))
        let core = UInt32(littleEndian: value.bytes.loadUnaligned(as: UInt32.self))

        CoreRecord.identity.withKey(of: core) { name in
            key = MDB_val(name)
            check(mdb_cursor_get(records, &key, &value, MDB_SET))
        }
        let identity = [UInt8](value.bytes)
        check(mdb_cursor_get(records, &key, &value, MDB_NEXT))
        let head = [UInt8](value.bytes)
        guard
            mdb_cursor_get(records, &key, &value, MDB_NEXT) == MDB_SUCCESS,
            UInt32(bigEndian: key.bytes.loadUnaligned(fromByteOffset: 1, as: UInt32.self)) == core
        else { return OpenCore(number: core, identity: identity, head: head, presence: nil) }
        return OpenCore(number: core, identity: identity, head: head, presence: [UInt8](value.bytes))
    }
}

/// A core that is open and idle: its records.
final class OpenCore {
    let number: UInt32
    let identity: [UInt8]
    private let head: [UInt8]
    private let presence: [UInt8]?

    init(number: UInt32, identity: [UInt8], head: [UInt8], presence: [UInt8]?) {
        self.number = number
        self.identity = identity
        self.head = head
        self.presence = presence
    }

    /// How many blocks there are.
    var length: Int {
        head.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: HeadSealer.lengthOffset, as: UInt64.self)) }
    }

    /// How many blocks are here without a gap.
    var contiguousLength: Int {
        presence?.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 16, as: UInt64.self)) } ?? length
    }

    /// The tree hash, from the roots in the head.
    var treeHash: [UInt8] {
        var tree = FloorTree()
        head.withUnsafeBytes { bytes in
            tree.restore(length: length, roots: bytes.baseAddress.unsafelyUnwrapped + HeadSealer.rootsOffset)
        }
        var hash = [UInt8](repeating: 0, count: 32)
        tree.hash(into: &hash)
        return hash
    }
}
