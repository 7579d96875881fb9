import CBenchLMDB
import CBenchSodium

/// A log that is appended to: what one awaited append cannot do without, in straight-line code.
///
/// A block is hashed, the parents that it completes are hashed, it and its nodes are put; a commit has one tree hash,
/// one signature and one head record.
struct LogAppender: ~Copyable {
    private let store: FloorStore
    private var tree = FloorTree()
    private let hasher = LeafHasher()
    private let sealer = HeadSealer()
    private let key = LogKey()
    private let leaf = UnsafeMutablePointer<UInt8>.allocate(capacity: 32)

    /// Opens an empty store. Each commit is synced where `syncs`.
    init(at directory: String, syncs: Bool = false) {
        store = FloorStore(at: directory, syncs: syncs)
    }

    deinit {
        leaf.deallocate()
    }

    /// The tree hash at the last commit.
    var treeHash: String { sealer.sealedTreeHash }

    /// Appends a block and commits.
    mutating func append(_ block: [UInt8]) {
        let transaction = LogTransaction(store)
        add(block, to: transaction)
        seal(transaction)
    }

    /// Appends blocks and commits.
    mutating func append(contentsOf blocks: [[UInt8]]) {
        let transaction = LogTransaction(store)
        for block in blocks { add(block, to: transaction) }
        seal(transaction)
    }

    /// Appends blocks that were hashed before, and commits; `leaves` holds 32 bytes for each.
    mutating func append(contentsOf blocks: [[UInt8]], leaves: UnsafePointer<UInt8>) {
        let transaction = LogTransaction(store)
        for position in blocks.indices {
            blocks[position].withUnsafeBytes { bytes in
                add(bytes, leaf: leaves + 32 * position, to: transaction)
            }
        }
        seal(transaction)
    }

    private mutating func add(_ block: [UInt8], to transaction: borrowing LogTransaction) {
        block.withUnsafeBytes { bytes in
            hasher.hash(bytes, into: leaf)
            add(bytes, leaf: leaf, to: transaction)
        }
    }

    private mutating func add(
        _ block: UnsafeRawBufferPointer, leaf: UnsafePointer<UInt8>, to transaction: borrowing LogTransaction
    ) {
        let index = tree.length
        let group = tree.append(leaf: leaf, size: UInt64(block.count))
        transaction.put(block, group: group, at: key.value(index: index))
    }

    private func seal(_ transaction: consuming LogTransaction) {
        transaction.put(.head, sealer.seal(tree))
        transaction.commit()
    }
}
