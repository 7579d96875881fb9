import Corestore
import Crypto
import Hypercore
import HypercoreStorage
import StorageEngine
import StorageRocksDB
import Testing

/// Everything above the engine, on RocksDB: nothing of swift-corestore knows that it runs there.
@Suite(.timeLimit(.minutes(1))) struct WholeStoreTests {
    @Test(arguments: Durability.allCases)
    func `a store that is opened again has everything it had`(_ durability: Durability) async throws {
        let directory = try TemporaryDirectory()
        var store = try await directory.openStore(durability)
        var keys: [String: CoreKey] = [:]
        for name in ["a", "b", "c"] {
            let log = try await store.namespace("n").get(name: name)
            try await log.append(contentsOf: [Array(name.utf8), [], Array(repeating: 7, count: 100_000)])
            keys[name] = log.key
        }
        for round in 0..<3 {
            try await store.close()
            store = try await directory.openStore(durability)
            #expect(try await store.discoveryKeys() == Set(keys.values.map(\.discoveryKey)))
            for (name, key) in keys {
                let log = try await store.namespace("n").get(name: name)
                #expect(log.key == key && log.length == UInt64(3 + round) && log.isWritable)
                #expect(try log.read(0) == Array(name.utf8) && log.read(1) == [] && log.read(2)?.count == 100_000)
                try await log.append([UInt8(round)])
            }
        }
        try await store.close()
    }

    @Test func `appends of many tasks are all there, in one order`() async throws {
        let directory = try TemporaryDirectory()
        var store = try await directory.openStore()
        var log = try await store.get(name: "log")
        try await withThrowingTaskGroup(of: Void.self) { [log] group in
            for number in UInt8(0)..<200 { group.addTask { try await log.append([number]) } }
            try await group.waitForAll()
        }
        let hash = try log.treeHash()
        try await store.close()

        store = try await directory.openStore()
        log = try await store.get(name: "log")
        #expect(try log.treeHash() == hash)
        let numbers = try (0..<log.length).compactMap { index in try log.read(index)?.first }
        #expect(numbers.sorted() == Array(0..<200))
        try await store.close()
    }

    @Test func `a RocksDB and an LMDB store replicate, in both directions`() async throws {
        let (rocks, lmdb) = (try TemporaryDirectory(), try TemporaryDirectory())
        try await replicate(
            between: { try await rocks.openStore() },
            and: { try await Corestore.open(at: lmdb.path, options: CorestoreOptions(durability: .relaxed)) })
    }

    @Test func `two RocksDB stores replicate, in both directions`() async throws {
        let directories = (try TemporaryDirectory(), try TemporaryDirectory())
        try await replicate(
            between: { try await directories.0.openStore() }, and: { try await directories.1.openStore() })
    }

    /// Copies ten cores, every other one from right to left, and looks whether they are there after reopening.
    private func replicate(
        between openLeft: () async throws -> Corestore, and openRight: () async throws -> Corestore
    ) async throws {
        let (left, right) = (try await openLeft(), try await openRight())
        var pairs: [(log: Hypercore, copy: Hypercore)] = []
        for number in 0..<10 {
            let (from, to) = number.isMultiple(of: 2) ? (left, right) : (right, left)
            let log = try await from.get(name: "\(number)")
            try await log.append(contentsOf: blocks(20 + number, "core \(number)"))
            pairs.append((log, try await to.get(key: log.key)))
        }
        let pipe = StorePipe(left, right)
        for (log, copy) in pairs { try await copy.download(end: log.length).finished() }
        await pipe.cut()
        let expected = try pairs.map { (key: $0.log.key, hash: try $0.log.treeHash()) }
        try await left.close()
        try await right.close()

        let again = (left: try await openLeft(), right: try await openRight())
        for (number, expected) in expected.enumerated() {
            let copy = try await (number.isMultiple(of: 2) ? again.right : again.left).get(key: expected.key)
            #expect(try copy.treeHash() == expected.hash && copy.contiguousLength == UInt64(20 + number))
            #expect(try copy.read(19) == Array("core \(number) 19".utf8))
        }
        try await again.left.close()
        try await again.right.close()
    }

    private func blocks(_ count: Int, _ label: String) -> [[UInt8]] {
        (0..<count).map { Array("\(label) \($0)".utf8) }
    }
}

extension TemporaryDirectory {
    fileprivate func openStore(_ durability: Durability = .relaxed) async throws -> Corestore {
        let engine = try RocksDBEngine.open(at: path, tables: Schema.tables)
        return try await Corestore.open(engine, options: CorestoreOptions(durability: durability))
    }
}

extension Corestore {
    fileprivate func discoveryKeys() async throws -> Set<DiscoveryKey> {
        var keys: Set<DiscoveryKey> = []
        for try await key in list() { keys.insert(key) }
        return keys
    }
}
