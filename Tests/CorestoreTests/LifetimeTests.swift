import Corestore
import Crypto
import Foundation
import Hypercore
import HypercoreStorage
import SecretStream
import StorageEngine
import StorageLMDB
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct StoreSessionTests {
    @Test func `a session closes the cores that were opened through it, and no others`() async throws {
        let store = try await Corestore.inMemory()
        let session = store.session()
        let inner = session.namespace("a")
        let mine = try await store.get(name: "log")
        let (its, innermost) = (try await session.get(name: "log"), try await inner.get(name: "log"))
        try await session.close()
        #expect(throws: HypercoreError.self) { try its.read(0) }
        #expect(try await mine.append([1]).length == 1)
        #expect(try await innermost.append([1]).length == 1)
        await expectError(.closed) { _ = try await session.get(name: "log") }
        await expectError(.closed) { _ = try await session.get(key: mine.key) }
        await expectError(.closed) { _ = try await session.get(discoveryKey: mine.discoveryKey) }
        try await session.close()
        #expect(try await store.get(name: "other").length == 0)
        try await store.close()
    }

    @Test func `closing the store ends all sessions, once`() async throws {
        let store = try await Corestore.inMemory()
        let inner = store.namespace("a")
        let (log, other) = (try await store.get(name: "log"), try await inner.get(name: "log"))
        try await store.close()
        try await store.close()
        for session in [log, other] {
            let error = await #expect(throws: HypercoreError.self) { try await session.append([1]) }
            #expect(error?.code == .closed)
        }
        for session in [store, inner, store.session(), store.namespace("b")] {
            await expectError(.closed) { _ = try await session.get(name: "log") }
            await expectError(.closed) { _ = try await session.get(key: log.key) }
            await expectError(.closed) { _ = try await session.get(discoveryKey: log.discoveryKey) }
            try await session.close()
        }
    }

    @Test func `what was queued when the store was closed is written`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await directory.open { $0.durability = .full }
        let log = try await store.get(name: "log")
        let appends = (0..<20).map { number in Task { try await log.append([UInt8(number)]) } }
        try await store.close()
        var acknowledged = 0
        for append in appends {
            if case .success = await append.result { acknowledged += 1 }
        }
        let again = try await directory.open()
        #expect(try await again.get(name: "log").length == UInt64(acknowledged))
        try await again.close()
    }

    @Test func `a store that was closed replicates nothing`() async throws {
        let store = try await Corestore.inMemory()
        try await store.close()
        let stream = ReplicationStream(role: .initiator)
        store.replicate(on: stream)
        guard case .closedLocally = await stream.waitUntilClosed() else {
            Issue.record("a closed store took up a stream")
            return
        }
    }
}

// MARK: - Files

@Suite(.timeLimit(.minutes(5))) struct StoreDirectoryTests {
    @Test func `a store that is opened again has everything it had`() async throws {
        let directory = try TemporaryDirectory()
        var store = try await directory.open { $0.durability = .full }
        var keys: [String: CoreKey] = [:]
        for name in ["a", "b", "c"] {
            let log = try await store.namespace("n").get(name: name)
            try await log.append(contentsOf: [Array(name.utf8), [], Array(repeating: 7, count: 10_000)])
            keys[name] = log.key
        }
        let foreign = try await store.get(key: CoreKey(BLAKE2b.hash([1]))).key
        for _ in 0..<3 {
            try await store.close()
            store = try await directory.open()
            #expect(try await store.listed().count == 4)
            for (name, key) in keys {
                let log = try await store.namespace("n").get(name: name)
                #expect(log.key == key && log.length == 3 && log.isWritable)
                #expect(try log.read(0) == Array(name.utf8) && log.read(1) == [] && log.read(2)?.count == 10_000)
            }
            #expect(try await store.get(key: foreign).isWritable == false)
        }
        try await store.close()
    }

    @Test func `a directory that holds something else, or cannot be used, is refused with its path`() async throws {
        let directory = try TemporaryDirectory()
        try directory.write("a file", to: "file")
        try directory.write("", to: "javascript/db/MANIFEST-000001")
        try directory.write("", to: "rocks/000012.sst")
        try directory.write("elsewhere", to: "broken/environment")
        for name in ["file", "missing/parent", "javascript", "rocks", "broken"] {
            let path = directory.path + "/" + name
            await expectError(.storage, path) { _ = try await Corestore.open(at: path) }
        }
        await expectError(.storage, "JavaScript") {
            _ = try await Corestore.open(at: directory.path + "/javascript")
        }
        let contents = try String(contentsOfFile: directory.path + "/file", encoding: .utf8)
        #expect(contents == "a file")
    }

    @Test(.enabled(if: geteuid() != 0, "root may write anywhere"))
    func `a directory that may not be written is refused with its path`() async throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: directory.path)
        await expectError(.storage, directory.storePath) { _ = try await directory.open() }
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: directory.path)
    }

    @Test func `a store is open once in a process, and can be opened again after it was closed`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await directory.open()
        for readOnly in [false, true] {
            await expectError(.storage, "open in this process") {
                _ = try await directory.open { $0.readOnly = readOnly }
            }
        }
        #expect(try await store.get(name: "log").append([1]).length == 1)
        try await store.close()
        try await directory.open().close()
    }

    @Test func `a store of a later layout is refused, and let go of`() async throws {
        let directory = try TemporaryDirectory()
        let engine = try LMDBEngine.open(at: directory.storePath, tables: Schema.tables)
        let key = Array("format".utf8)
        var set = WriteSet()
        set.put(Schema.tables[0], key: key.span.bytes, value: [99, 0, 0, 0])
        try await GroupWriter(engine, durability: .relaxed).commit(set)
        try engine.close()
        for _ in 0..<2 {
            await expectError(.storage, "layout 99") { _ = try await directory.open() }
        }
    }
}

// MARK: - Read-only

@Suite(.timeLimit(.minutes(5))) struct ReadOnlyStoreTests {
    @Test func `a read-only store reads, and makes nothing`() async throws {
        let directory = try TemporaryDirectory()
        var store = try await directory.open()
        let log = try await store.get(name: "log")
        try await log.append([1, 2])
        let key = log.key
        try await store.close()

        store = try await directory.open { $0.readOnly = true }
        let copy = try await store.get(name: "log")
        #expect(try copy.key == key && copy.read(0) == [1, 2] && !copy.isWritable)
        #expect(try await store.get(key: key).length == 1)
        await expectError(.notFound, "\"other\"") { _ = try await store.get(name: "other") }
        let unknown = CoreKey(BLAKE2b.hash([1]))
        await expectError(.notFound, unknown.text) { _ = try await store.get(key: unknown) }
        let error = await #expect(throws: HypercoreError.self) { try await copy.append([3]) }
        #expect(error?.code == .notWritable)
        #expect(try await store.listed() == [key.discoveryKey])
        try await store.close()
    }

    @Test func `where there is no store, nothing is made by reading`() async throws {
        let directory = try TemporaryDirectory()
        await expectError(.storage, directory.storePath) { _ = try await directory.open { $0.readOnly = true } }
        #expect(!FileManager.default.fileExists(atPath: directory.storePath))
    }

    @Test func `a read-only store can be replicated from`() async throws {
        let directory = try TemporaryDirectory()
        let writer = try await directory.open()
        let log = try await writer.get(name: "log")
        try await log.append(contentsOf: [[1], [2], [3]])
        let key = log.key
        try await writer.close()

        let (store, reader) = (try await directory.open { $0.readOnly = true }, try await Corestore.inMemory())
        let copy = try await reader.get(key: key)
        let pipe = StorePipe(store, reader)
        try await copy.download(end: 3).finished()
        #expect(try copy.read(2) == [3])
        await pipe.cut()
        try await store.close()
        try await reader.close()
    }

    @Test func `another process reads beside the writer`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await directory.open()
        let log = try await store.get(name: "log")
        try await log.append(Array("hello".utf8))
        await #expect(processExitsWith: .success) { [path = directory.storePath as String] in
            let copy = try await Corestore.open(at: path, options: CorestoreOptions(readOnly: true))
            let log = try await copy.get(name: "log")
            try #require(try log.read(0) == Array("hello".utf8) && !log.isWritable)
            try await copy.close()
            let error = await #expect(throws: CorestoreError.self) { _ = try await Corestore.open(at: path) }
            try #require(error?.code == .storage && error?.message.contains("process") == true)
        }
        #expect(try await log.append([1]).length == 2)
        try await store.close()
    }
}
