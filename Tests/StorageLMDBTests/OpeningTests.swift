import Foundation
import StorageEngine
import StorageLMDB
import Testing

@Suite struct OpeningTests {
    @Test func `a new store has a pointer, a lock and one environment`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        #expect(try directory.contents(of: "environment") == "swift-corestore 1\ndata/1\n")
        #expect(try directory.contents(of: "writer.lock") == "\(getpid())\n")
        #expect(FileManager.default.fileExists(atPath: directory.dataPath))
        try engine.close()
    }

    @Test func `the directory is created, but not its parent`() throws {
        let directory = try TemporaryDirectory()
        let engine = try LMDBEngine.open(at: directory.path + "/new", tables: [records])
        try engine.close()
        expectThrows(.inaccessible, "/missing/new") {
            _ = try LMDBEngine.open(at: directory.path + "/missing/new", tables: [records])
        }
    }

    @Test func `nothing is created where that is not wanted`() throws {
        let directory = try TemporaryDirectory()
        expectThrows(.inaccessible, "no store") { _ = try directory.open { $0.createsIfMissing = false } }
        expectThrows(.inaccessible, "no store") { _ = try directory.open { $0.access = .readOnly } }
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/data"))
        expectThrows(.inaccessible) {
            var options = LMDBOptions()
            options.createsIfMissing = false
            _ = try LMDBEngine.open(at: directory.path + "/missing", tables: [records], options: options)
        }
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/missing"))
    }

    @Test func `a file in place of the directory is refused`() throws {
        let directory = try TemporaryDirectory()
        try directory.write("text", to: "file")
        expectThrows(.inaccessible, "file") { _ = try LMDBEngine.open(at: directory.path + "/file", tables: [records]) }
    }

    @Test(arguments: ["MANIFEST-000004", "db/MANIFEST-000004", "000012.sst", "db/000012.sst"])
    func `a store of JavaScript is refused and left alone`(_ file: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write("", to: "CURRENT")
        try directory.write("", to: file)
        expectThrows(.corrupt, "JavaScript") { _ = try directory.open() }
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/environment"))
    }

    @Test func `a creation that was cut off is begun again`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        try FileManager.default.removeItem(atPath: directory.path + "/environment")
        let engine = try directory.open()
        #expect(try engine.value("a") == "1")
        try engine.close()
    }

    @Test func `a table that the store lacks is created, and reads as empty where nothing may be written`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        let added = Table(ordinal: 1, name: "added")
        let key: [UInt8] = [1]
        var options = LMDBOptions()
        options.access = .readOnly
        var engine = try LMDBEngine.open(at: directory.path, tables: [records, added], options: options)
        #expect(try engine.read { try $0.copy(added, key: key.span.bytes) } == nil)
        try engine.read { try $0.scan(added, KeyRange()) { _, _ in throw CancellationError() } }
        try engine.close()
        engine = try LMDBEngine.open(at: directory.path, tables: [records, added])
        try engine.write(durability: .relaxed) { transaction throws(StorageError) in
            try transaction.put(added, key: key.span.bytes, value: key.span.bytes)
        }
        #expect(try engine.read { try $0.copy(added, key: key.span.bytes) } == key)
        #expect(try engine.value("a") == "1")
        try engine.close()
    }

    @Test func `a store that was opened read-only refuses to write`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        let engine = try directory.open { $0.access = .readOnly }
        #expect(try engine.value("b") == "2")
        expectThrows(.readOnly) { try engine.put(["a": "2"]) }
        expectThrows(.readOnly) { try engine.sync() }
        try engine.close()
    }

    @Test func `a creation that was cut off before the header was whole is begun again`() throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/data/1"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        try Data(count: 8192).write(to: URL(filePath: data + "/data.mdb"))
        let engine = try directory.open()
        try engine.put(["a": "1"])
        #expect(engine.historyDoubt == nil)
        try engine.close()
    }

    @Test func `a long file without a pointer and without a whole header is not for us to remove`() throws {
        let directory = try TemporaryDirectory()
        let data = directory.path + "/data/1"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        try Data(count: 1 << 20).write(to: URL(filePath: data + "/data.mdb"))
        expectThrows(.corrupt) { _ = try directory.open() }
        #expect(try Data(contentsOf: URL(filePath: data + "/data.mdb")).count == 1 << 20)
    }

    @Test func `a creation that was cut off after its record of trust is begun again, and is no copy`() throws {
        let directory = try TemporaryDirectory()
        try directory.open().close()
        for name in ["environment", "data/1/data.mdb", "data/1/lock.mdb"] {
            try FileManager.default.removeItem(atPath: directory.path + "/" + name)
        }
        let engine = try directory.open()
        #expect(engine.historyDoubt == nil)
        try engine.close()
    }
}
