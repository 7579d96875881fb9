import CCorestoreLMDB
import Foundation
import StorageEngine
import Testing

@testable import StorageLMDB

@Suite struct DamageTests {
    @Test(arguments: [
        ("", StorageError.Code.corrupt), ("swift-corestore 1\n", .corrupt), ("swift-corestore 1\n../other\n", .corrupt),
        ("swift-corestore 1\ndata/\n", .corrupt), ("swift-corestore 1\ndata/1/..\n", .corrupt),
        ("swift-corestore 0\ndata/1\n", .corrupt), ("swift-corestore one\ndata/1\n", .corrupt),
        ("something else entirely, and longer than any pointer file that this library has ever written\n", .corrupt),
        ("swift-corestore 1\ndata/1\nmore\n", .corrupt), ("swift-corestore 2\nanything\n\n", .unsupportedVersion),
        ("swift-corestore 1\ndata/2\n", .inaccessible),
    ])
    func `a damaged pointer is refused`(_ contents: String, _ code: StorageError.Code) throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        try directory.write(contents, to: "environment")
        expectThrows(code) { _ = try directory.open() }
        try directory.write("swift-corestore 1\ndata/1\n", to: "environment")
        try directory.open().close()
    }

    @Test func `a missing pointer beside a compacted environment is refused`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        try FileManager.default.createDirectory(atPath: directory.path + "/data/2", withIntermediateDirectories: false)
        try FileManager.default.removeItem(atPath: directory.path + "/environment")
        expectThrows(.corrupt, "environment") { _ = try directory.open() }
    }

    @Test func `a file that is no LMDB database is refused`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        try directory.write(String(repeating: "no database ", count: 10_000), to: "data/1/data.mdb")
        expectThrows(.corrupt, "data.mdb") { _ = try directory.open() }
    }

    @Test func `a store that was cut off anywhere is refused, and not read`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        for number in 0..<100 { try engine.fill("\(number)", 3_000) }
        try engine.close()
        let data = try Data(contentsOf: URL(fileURLWithPath: directory.dataPath))
        for count in [0, 1, 100, 4_095, 4_096, 5_000, 8_191, 8_192, data.count / 2, data.count - 4_096, data.count - 1]
        {
            try data.prefix(count).write(to: URL(fileURLWithPath: directory.dataPath))
            expectThrows(.corrupt, "data.mdb") { _ = try directory.open() }
            expectThrows(.corrupt, "data.mdb") { _ = try directory.open { $0.access = .readOnly } }
        }
        try data.write(to: URL(fileURLWithPath: directory.dataPath))
        let restored = try directory.open()
        #expect(try restored.value("99")?.count == 3_000)
        try restored.close()
    }

    @Test func `a missing data file is not taken for a new store`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        try FileManager.default.removeItem(atPath: directory.dataPath)
        expectThrows(.inaccessible, "data.mdb") { _ = try directory.open() }
    }

    @Test func `a store whose last pages were freed in the transaction that used them opens again`() throws {
        let directory = try TemporaryDirectory()
        for durability in Durability.allCases {
            let engine = try directory.open()
            let key: [UInt8] = [1]
            let value = [UInt8](repeating: 7, count: 5_000_000)
            try engine.write(durability: durability) { transaction throws(StorageError) in
                try transaction.put(records, key: key.span.bytes, value: value.span.bytes)
                try transaction.delete(records, key: key.span.bytes)
            }
            try engine.close()
        }
        try directory.open().close()
    }

    @Test(arguments: [(UInt32(2), UInt32(0)), (1, 2), (1, 3), (0, 0), (.max, .max)])
    func `an unknown format is refused`(_ version: UInt32, _ features: UInt32) throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        try replaceFormat(of: directory) { transaction in
            try FormatRecord(version: version, features: features).write(transaction, path: directory.path)
        }
        expectThrows(.unsupportedVersion, "newer version") { _ = try directory.open() }
        expectThrows(.unsupportedVersion, "newer version") { _ = try directory.open { $0.access = .readOnly } }
    }

    @Test func `an LMDB file without a format record is refused`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        try replaceFormat(of: directory) { transaction in
            var database = MDB_dbi()
            mdb_dbi_open(transaction, nil, 0, &database)
            let key = FormatRecord.key
            _ = key.span.bytes.withMDBValue { key in mdb_del(transaction, database, &key, nil) }
        }
        expectThrows(.corrupt, "another program") { _ = try directory.open() }
    }

    /// Opens the environment with nothing but LMDB, and commits what `body` does.
    private func replaceFormat(
        of directory: TemporaryDirectory, _ body: (OpaquePointer) throws -> Void
    ) throws {
        var environment: OpaquePointer?
        mdb_env_create(&environment)
        defer { mdb_env_close(environment) }
        mdb_env_set_mapsize(environment, 1 << 20)
        mdb_env_set_maxdbs(environment, 4)
        try #require(mdb_env_open(environment, directory.path + "/data/1", 0, 0o600) == MDB_SUCCESS)
        var transaction: OpaquePointer?
        try #require(mdb_txn_begin(environment, nil, 0, &transaction) == MDB_SUCCESS)
        try body(try #require(transaction))
        try #require(mdb_txn_commit(transaction) == MDB_SUCCESS)
    }
}
