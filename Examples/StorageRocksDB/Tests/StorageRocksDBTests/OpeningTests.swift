import CRocksDB
import Foundation
import StorageEngine
import StorageRocksDB
import Testing

@Suite struct OpeningTests {
    @Test func `a store opens once, by whatever path, and again after it was closed`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        let link = directory.path + "-link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory.path)
        defer { try? FileManager.default.removeItem(atPath: link) }
        for path in [directory.path, directory.path + "/.", link] {
            expectThrows(.inUse, directory.path) {
                _ = try RocksDBEngine.open(at: path, tables: [records, others])
            }
        }
        try engine.put(["a": "1"])
        try engine.close()
        let reopened = try directory.open()
        #expect(try reopened.value("a") == "1")
        try reopened.close()
    }

    @Test func `a store that nobody keeps closes itself`() throws {
        let directory = try TemporaryDirectory()
        do {
            let engine = try directory.open()
            try engine.put(["a": "1"])
        }
        let reopened = try directory.open()
        #expect(try reopened.value("a") == "1")
        try reopened.close()
    }

    @Test func `what cannot be opened is refused with its path`() throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/file"
        try Data("a file".utf8).write(to: URL(filePath: file))
        for path in [file, directory.path + "/missing/parent"] {
            expectThrows(.inaccessible, path) { _ = try RocksDBEngine.open(at: path, tables: [records]) }
        }
        expectThrows(.inaccessible, "none was to be created") {
            _ = try directory.open { $0.createsIfMissing = false }
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["file"])
    }

    @Test func `tables can be added, and none left out`() throws {
        let directory = try TemporaryDirectory()
        var engine = try RocksDBEngine.open(at: directory.path, tables: [records])
        try engine.put(["a": "1"])
        try engine.close()

        engine = try directory.open()
        try engine.put(["a": "2"], in: others)
        #expect(try engine.value("a") == "1")
        try engine.close()

        for _ in 0..<2 {
            expectThrows(.corrupt, "others") { _ = try RocksDBEngine.open(at: directory.path, tables: [records]) }
        }
        engine = try directory.open()
        #expect(try engine.value("a", in: others) == "2")
        try engine.close()
    }

    @Test func `a database of another program is refused, and left as it was`() throws {
        let directory = try TemporaryDirectory()
        let options = rocksdb_options_create()
        let writeOptions = rocksdb_writeoptions_create()
        defer {
            rocksdb_options_destroy(options)
            rocksdb_writeoptions_destroy(writeOptions)
        }
        rocksdb_options_set_create_if_missing(options, 1)
        var failure: UnsafeMutablePointer<CChar>?
        let database = try #require(rocksdb_open(options, directory.path, &failure))
        rocksdb_put(database, writeOptions, "key", 3, "value", 5, &failure)
        rocksdb_close(database)

        expectThrows(.corrupt, "another program") { _ = try directory.open() }
        var count = 0
        let names = rocksdb_list_column_families(options, directory.path, &count, &failure)
        rocksdb_list_column_families_destroy(names, count)
        #expect(count == 1 && failure == nil)
    }

    @Test func `closing waits for a read under way`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let (isReading, isClosed) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let reader = Thread {
            _ = try? engine.read { snapshot in
                isReading.signal()
                // Closing is under way when new reads are refused. This one must still have its database.
                while (try? onNewThread { try engine.value("a") }) != nil {}
                #expect(isClosed.wait(timeout: .now() + .milliseconds(20)) == .timedOut)
                let key = Array("a".utf8)
                let value = try? snapshot.copy(records, key: key.span.bytes)
                #expect(value == Array("1".utf8))
            }
        }
        reader.start()
        isReading.wait()
        try engine.close()
        isClosed.signal()
        try directory.open().close()
    }
}

/// Returns what `body` returns on a thread of its own, where it is inside no read.
private func onNewThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value {
    nonisolated(unsafe) var result: Result<Value, any Error>?
    let isDone = DispatchSemaphore(value: 0)
    Thread {
        result = Result { try body() }
        isDone.signal()
    }.start()
    isDone.wait()
    return try #require(result).get()
}
