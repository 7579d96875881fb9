import CompactEncoding
import Corestore
import Crypto
import Hypercore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct PrimaryKeyTests {
    private let given = BLAKE2b.hash(Array("a primary key".utf8))

    @Test func `a new store makes a key of its own and keeps it`() async throws {
        let (first, second) = (try TemporaryDirectory(), try TemporaryDirectory())
        var keys: [CoreKey] = []
        for directory in [first, first, second] {
            let store = try await directory.open()
            keys.append(try await store.get(name: "log").key)
            // A name that was never used before shows the primary key, not the stored alias.
            keys.append(try await store.get(name: "log \(keys.count)").key)
            try await store.close()
        }
        #expect(keys[0] == keys[2] && keys[0] != keys[4])
        let again = try await first.open()
        #expect(try await again.get(name: "log 1").key == keys[1])
        #expect(try await again.get(name: "log 3").key == keys[3])
        try await again.close()
    }

    @Test func `a given key has to be meant`() async throws {
        let directory = try TemporaryDirectory()
        await expectError(.assertion, "unsafe") { _ = try await directory.open { $0.primaryKey = given } }
        // The store that was refused is not in the way of the next one.
        let store = try await directory.open {
            $0.primaryKey = given
            $0.unsafe = true
        }
        try await store.close()
    }

    @Test func `two stores with one key have the same cores`() async throws {
        var keys: Set<CoreKey> = []
        for _ in 0..<2 {
            let store = try await Corestore.inMemory {
                $0.primaryKey = given
                $0.unsafe = true
            }
            keys.insert(try await store.namespace("a").get(name: "log").key)
            try await store.close()
        }
        #expect(keys.count == 1)
    }

    @Test func `a store that has a key accepts the same one, and no other`() async throws {
        let directory = try TemporaryDirectory()
        func open(_ key: Bytes32?) async throws -> Corestore {
            try await directory.open {
                $0.primaryKey = key
                $0.unsafe = key != nil
            }
        }
        let store = try await open(given)
        let key = try await store.get(name: "log").key
        try await store.close()
        await expectError(.primaryKeyMismatch) { _ = try await open(.zero) }
        for key in [nil, given] as [Bytes32?] { try await open(key).close() }
        let again = try await open(nil)
        #expect(try await again.get(name: "log").key == key)
        try await again.close()
    }
}
