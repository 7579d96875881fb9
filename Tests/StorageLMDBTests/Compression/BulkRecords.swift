import CCorestoreLMDB
import StorageEngine
import TestSupport
import Testing

@testable import StorageLMDB

/// A table whose values are worth compressing, and one whose values are not.
enum Bulk {
    static let bulk = Table(ordinal: 0, name: "bulk", isWorthCompressing: true)
    static let small = Table(ordinal: 1, name: "small")

    /// Lines as programs log them, so many bytes of them.
    static func lines(_ byteCount: Int, seed: Int = 0) -> [UInt8] {
        var bytes: [UInt8] = []
        var number = seed
        while bytes.count < byteCount {
            bytes += Array("{\"seq\":\(number),\"type\":\"message\",\"text\":\"hello from \(number % 7)\"}\n".utf8)
            number += 1
        }
        return Array(bytes.prefix(byteCount))
    }

    static func noise(_ byteCount: Int) -> [UInt8] {
        var random = SeededGenerator(seed: UInt64(byteCount))
        return random.bytes(byteCount)
    }
}

extension TemporaryDirectory {
    /// Opens a store of ``Bulk``'s tables.
    func openBulk(
        _ compression: LMDBOptions.Compression, _ configure: (inout LMDBOptions) -> Void = { _ in }
    ) throws -> LMDBEngine {
        var options = LMDBOptions()
        options.compression = compression
        configure(&options)
        return try LMDBEngine.open(at: path, tables: [Bulk.bulk, Bulk.small], options: options)
    }
}

extension LMDBEngine {
    func put(_ key: String, _ value: [UInt8], in table: Table = Bulk.bulk) throws {
        let key = Array(key.utf8)
        try write(durability: .relaxed) { transaction throws(StorageError) in
            try transaction.put(table, key: key.span.bytes, value: value.span.bytes)
        }
    }

    func bytes(_ key: String, in table: Table = Bulk.bulk) throws -> [UInt8]? {
        let key = Array(key.utf8)
        return try read { try $0.copy(table, key: key.span.bytes) }
    }

    /// What the file has under `key`, with its tag.
    func stored(_ key: String, in table: Table = Bulk.bulk) throws -> [UInt8]? {
        let key = Array(key.utf8)
        return try withView { view throws(StorageError) in
            try view.transaction.stored(table, key.span.bytes).map { [UInt8]($0) }
        }
    }

    /// Puts these bytes under `key` past everything that the engine does: tag and all.
    func store(_ bytes: [UInt8], under key: String, in table: Table = Bulk.bulk) throws {
        let key = Array(key.utf8)
        var transaction: OpaquePointer?
        try environment.begin(0, &transaction).check("beginning")
        let status = key.span.bytes.withMDBValue { key in
            bytes.span.bytes.withMDBValue { value in
                LMDBStatus(mdb_put(transaction, environment.writableHandle(table), &key, &value, 0))
            }
        }
        try status.check("putting")
        try LMDBStatus(mdb_txn_commit(transaction)).check("committing")
    }

    /// The features that the format record names.
    func features() throws -> UInt32? {
        let path = environment.path
        return try withView { view throws(StorageError) in
            try FormatRecord.read(view.transaction.pointer, path: path)?.features
        }
    }
}
