/// Several logs in one store that grow together: a block to each in one commit, with one signature each.
struct CoresAppender: ~Copyable {
    private let store: FloorStore
    private let cores: [Core]
    private let hasher = LeafHasher()
    private let leaf = UnsafeMutablePointer<UInt8>.allocate(capacity: 32)

    /// Opens an empty store for `count` logs. Each commit is synced where `syncs`.
    init(at directory: String, count: Int, syncs: Bool) {
        store = FloorStore(at: directory, syncs: syncs)
        cores = (0..<count).map { Core(number: UInt32($0)) }
    }

    deinit {
        leaf.deallocate()
    }

    /// The tree hashes at the last commit, log by log.
    var treeHashes: [[UInt8]] { cores.map { [UInt8]($0.sealer.sealedTreeHashBytes) } }

    /// Appends the block that `block` makes to each log, and commits.
    func append(_ block: (_ core: Int) -> [UInt8]) {
        let transaction = LogTransaction(store, isAtEnd: false)
        for position in cores.indices {
            block(position).withUnsafeBytes { bytes in
                hasher.hash(bytes, into: leaf)
                cores[position].append(bytes, leaf: leaf, to: transaction)
            }
        }
        transaction.commit()
    }

    private final class Core {
        private let number: UInt32
        private let key: LogKey
        private var tree = FloorTree()
        let sealer = HeadSealer()

        init(number: UInt32) {
            self.number = number
            key = LogKey(core: number)
        }

        func append(
            _ block: UnsafeRawBufferPointer, leaf: UnsafePointer<UInt8>, to transaction: borrowing LogTransaction
        ) {
            let index = tree.length
            let group = tree.append(leaf: leaf, size: UInt64(block.count))
            transaction.put(block, group: group, at: key.value(index: index))
            transaction.put(.head, of: number, sealer.seal(tree))
        }
    }
}
