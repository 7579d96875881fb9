import Corestore
import Crypto
import Hypercore
import Manifest
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct NamingTests {
    @Test func `one name is one core, however often it is opened`() async throws {
        let store = try await Corestore.inMemory()
        let (first, second) = (try await store.get(name: "log"), try await store.get(name: "log"))
        #expect(first.key == second.key)
        try await first.append([1])
        #expect(try second.read(0) == [1])
        #expect(try await store.listed() == [first.discoveryKey])
        try await store.close()
    }

    @Test func `a name as text is its bytes`() async throws {
        let store = try await Corestore.inMemory()
        for name in ["log", "", "æ", "a\u{0}b", String(repeating: "long", count: 500)] {
            let text = try await store.get(name: name)
            let bytes = try await store.get(name: Array(name.utf8))
            #expect(text.key == bytes.key, "\(name)")
        }
        #expect(try await store.listed().count == 5)
        // Bytes that are no text are a name as well.
        let other = try await store.get(name: [0xff, 0xfe])
        #expect(try await store.get(name: [0xff, 0xfe]).key == other.key)
        try await store.close()
    }

    @Test func `names differ between namespaces, and a chain of them is its own`() async throws {
        let store = try await Corestore.inMemory()
        let spaces = [
            store, store.namespace("a"), store.namespace("b"), store.namespace("a").namespace("b"),
            store.namespace("ab"), store.namespace("a").namespace("a"),
        ]
        var keys: Set<CoreKey> = []
        for space in spaces { keys.insert(try await space.get(name: "log").key) }
        #expect(keys.count == spaces.count)
        #expect(store.namespace("a").namespace == store.namespace(Array("a".utf8)).namespace)
        #expect(store.namespace("a").session().namespace == spaces[1].namespace)
        try await store.close()
    }

    @Test func `a core is opened by its key and by its discovery key, and stays writable`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.get(name: "log")
        try await log.append([1])
        let (byKey, found) = (
            try await store.get(key: log.key), try await store.get(discoveryKey: log.discoveryKey)
        )
        for session in [byKey, found] {
            #expect(try session.key == log.key && session.isWritable && session.read(0) == [1])
        }
        try await byKey.append([2])
        #expect(log.length == 2)
        try await store.close()
    }

    @Test func `a core of somebody else is opened empty, and cannot be written`() async throws {
        let store = try await Corestore.inMemory()
        let key = CoreKey(BLAKE2b.hash([1]))
        let log = try await store.get(key: key)
        #expect(log.key == key && log.length == 0 && !log.isWritable)
        #expect(try await store.listed() == [key.discoveryKey])
        #expect(try await store.get(discoveryKey: key.discoveryKey).key == key)
        try await store.close()
    }

    @Test func `a discovery key that is not stored is not found`() async throws {
        let store = try await Corestore.inMemory()
        let key = CoreKey(BLAKE2b.hash([1])).discoveryKey
        await expectError(.notFound, "\(key)") { _ = try await store.get(discoveryKey: key) }
        #expect(try await store.listed() == [])
        try await store.close()
    }

    @Test func `a name that is opened by many tasks at once is made once`() async throws {
        let store = try await Corestore.inMemory()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<50 {
                group.addTask {
                    let log = try await store.get(name: "log \(index % 5)")
                    try await log.append([UInt8(index)])
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.listed().count == 5)
        for index in 0..<5 { #expect(try await store.get(name: "log \(index)").length == 10) }
        try await store.close()
    }
}

// MARK: - Lists

@Suite(.timeLimit(.minutes(5))) struct ListTests {
    @Test func `an empty store lists nothing`() async throws {
        let store = try await Corestore.inMemory()
        #expect(try await store.listed() == [])
        #expect(try await store.listed(store) == [])
        try await store.close()
    }

    @Test(arguments: [255, 256, 257, 600]) func `a list has every core once, in order, however many there are`(
        count: Int
    ) async throws {
        let store = try await Corestore.inMemory()
        var keys: [DiscoveryKey] = []
        for number in 0..<count {
            let log = try await store.get(key: CoreKey(BLAKE2b.hash([UInt8(number & 255), UInt8(number >> 8)])))
            keys.append(log.discoveryKey)
        }
        #expect(try await store.listed() == keys.sorted())
        try await store.close()
    }

    @Test func `a namespace lists the cores that were named in it`() async throws {
        let store = try await Corestore.inMemory()
        let (inner, deeper) = (store.namespace("a"), store.namespace("a").namespace("b"))
        let root = try await store.get(name: "root").discoveryKey
        let first = try await inner.get(name: "1").discoveryKey
        let second = try await inner.get(name: "2").discoveryKey
        let third = try await deeper.get(name: "3").discoveryKey
        _ = try await inner.get(key: CoreKey(BLAKE2b.hash([1])))
        #expect(try await store.listed(store) == [root])
        #expect(try await store.listed(inner) == [first, second])
        #expect(try await inner.listed(deeper) == [third])
        #expect(try await store.listed(store.namespace("none")) == [])
        #expect(try await store.listed().count == 5)
        try await store.close()
    }

    @Test func `a list that is read after the store was closed says so`() async throws {
        let store = try await Corestore.inMemory()
        _ = try await store.get(name: "log")
        let list = store.list()
        try await store.close()
        await expectError(.closed) { for try await _ in list {} }
    }
}
