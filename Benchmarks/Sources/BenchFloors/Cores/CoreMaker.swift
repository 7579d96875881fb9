import CBenchLMDB

/// Makes named cores one after the other, and appends to the last one: a commit for each core, and one for each append.
struct CoreMaker: ~Copyable {
    private static let nextCoreKey = Array("next-core".utf8)

    private let store: FloorStore
    private let lookup: OpaquePointer
    private var names = CoreNames()
    private var coreCount: UInt32 = 0
    private var tree = FloorTree()
    private let hasher = LeafHasher()
    private let sealer = HeadSealer()
    private let key = LogKey()
    private let pointerKey = UnsafeMutableRawPointer.allocate(byteCount: 33, alignment: 8)
    private let leaf = UnsafeMutablePointer<UInt8>.allocate(capacity: 32)

    /// Opens an empty store.
    init(at directory: String) {
        store = FloorStore(at: directory)
        lookup = begin(store.environment, flags: MDB_RDONLY)
        mdb_txn_reset(lookup)
    }

    deinit {
        mdb_txn_abort(lookup)
        pointerKey.deallocate()
        leaf.deallocate()
    }

    /// The tree hash of the last core at its last commit.
    var treeHash: [UInt8] { [UInt8](sealer.sealedTreeHashBytes) }

    /// Sees that no core has the name, makes one, and commits: five records.
    mutating func make(_ name: String) {
        let alias = names.take(name)
        precondition(!isTaken(alias), "the floor makes a core of a name once: \(name)")
        names.derive(sealer)
        let core = coreCount
        coreCount += 1
        key.move(to: core)
        tree.removeAll()
        pointerKey.storeBytes(of: 0, as: UInt8.self)
        (pointerKey + 1).copyMemory(from: names.discoveryKey.baseAddress.unsafelyUnwrapped, byteCount: 32)

        let transaction = LogTransaction(store)
        withUnsafeBytes(of: coreCount.littleEndian) { next in
            Self.nextCoreKey.withUnsafeBytes { transaction.put(next, at: $0, in: store.names) }
        }
        withUnsafeBytes(of: core.littleEndian) { number in
            transaction.put(number, at: UnsafeRawBufferPointer(start: pointerKey, count: 33), in: store.cores)
        }
        transaction.put(.identity, of: core, names.identity)
        // The head of an empty log: version, fork, length, no spans, no roots, no signature.
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 8) { head in
            head.initializeMemory(as: UInt8.self, repeating: 0)
            transaction.put(.head, of: core, UnsafeRawBufferPointer(head))
        }
        transaction.put(names.discoveryKey, at: alias, in: store.names)
        transaction.commit()
    }

    /// Appends blocks to the core that was made last, and commits. Those that `isHere` denies are hashed, not stored.
    mutating func append(_ blocks: [[UInt8]], isHere: (_ index: Int) -> Bool = { _ in true }) {
        let transaction = LogTransaction(store)
        for block in blocks {
            block.withUnsafeBytes { bytes in
                hasher.hash(bytes, into: leaf)
                let index = tree.length
                let group = tree.append(leaf: leaf, size: UInt64(bytes.count))
                let key = key.value(index: index)
                if isHere(index) {
                    transaction.put(bytes, group: group, at: key)
                } else {
                    transaction.put(group: group, at: key)
                }
            }
        }
        transaction.put(.head, of: coreCount - 1, sealer.seal(tree))
        transaction.commit()
    }

    /// Stores that the core that was made last lacks every other block, the first being here: a record, and a page for
    /// every 32,768 blocks.
    func storePresenceOfEveryOther() {
        let transaction = LogTransaction(store)
        let numbers: (UInt64, UInt64, UInt64) = (1, UInt64(tree.length).littleEndian, UInt64(1).littleEndian)
        withUnsafeBytes(of: numbers) { transaction.put(.contiguousLength, of: coreCount - 1, $0) }
        let page = [UInt8](repeating: 0x55, count: 4_096)
        for number in 0..<(tree.length + 32_767) / 32_768 {
            page.withUnsafeBytes { transaction.put($0, at: key.value(index: number).bytes, in: store.bitfield) }
        }
        transaction.commit()
    }

    private func isTaken(_ alias: UnsafeRawBufferPointer) -> Bool {
        check(mdb_txn_renew(lookup))
        defer { mdb_txn_reset(lookup) }
        var (key, value) = (MDB_val(alias), MDB_val())
        return mdb_get(lookup, store.names, &key, &value) == MDB_SUCCESS
    }
}
