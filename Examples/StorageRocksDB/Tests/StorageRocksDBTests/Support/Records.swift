import StorageEngine
import StorageRocksDB
import Testing

/// The tables that these tests write to.
let records = Table(ordinal: 0, name: "records")
let others = Table(ordinal: 1, name: "others")

extension TemporaryDirectory {
    /// Opens the store in the directory; its tables are ``records`` and ``others``.
    func open(_ configure: (inout RocksDBOptions) -> Void = { _ in }) throws -> RocksDBEngine {
        var options = RocksDBOptions()
        configure(&options)
        return try RocksDBEngine.open(at: path, tables: [records, others], options: options)
    }
}

extension StorageEngine {
    func put(_ values: [String: String], in table: Table = records, _ durability: Durability = .relaxed) throws {
        try write(durability: durability) { transaction throws(StorageError) in
            for (key, value) in values {
                let (key, value) = (Array(key.utf8), Array(value.utf8))
                try transaction.put(table, key: key.span.bytes, value: value.span.bytes)
            }
        }
    }

    func value(_ key: String, in table: Table = records) throws -> String? {
        let key = Array(key.utf8)
        return try read { snapshot in try snapshot.copy(table, key: key.span.bytes) }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    func keys(in table: Table = records) throws -> [String] {
        try read { snapshot in
            var keys: [String] = []
            try snapshot.scan(table, KeyRange()) { key, _ in
                keys.append(String(key))
                return .next
            }
            return keys
        }
    }
}

extension String {
    init(_ bytes: RawSpan) {
        self = bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

/// Expects `body` to throw a ``StorageError`` with this code, whose message contains `words`.
func expectThrows(
    _ code: StorageError.Code, _ words: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) {
    let error = #expect(throws: StorageError.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.code == code, "\(String(describing: error))", sourceLocation: sourceLocation)
    #expect(
        words.isEmpty || error?.message.contains(words) == true, "\(String(describing: error))",
        sourceLocation: sourceLocation)
}
