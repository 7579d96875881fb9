import StorageEngine
import Testing

/// The table that these tests write to.
let records = Table(ordinal: 0, name: "records")

extension StorageEngine {
    func put(_ values: [String: String], _ durability: Durability = .relaxed) throws {
        try write(durability: durability) { transaction throws(StorageError) in
            for (key, value) in values {
                let (key, value) = (Array(key.utf8), Array(value.utf8))
                try transaction.put(records, key: key.span.bytes, value: value.span.bytes)
            }
        }
    }

    /// Puts so many bytes under `key`.
    func fill(_ key: String, _ byteCount: Int, _ durability: Durability = .relaxed) throws {
        try put([key: String(repeating: "x", count: byteCount)], durability)
    }

    func value(_ key: String) throws -> String? {
        try read { snapshot in try snapshot.value(key) }
    }
}

extension Snapshot {
    borrowing func value(_ key: String) throws -> String? {
        let key = Array(key.utf8)
        return try copy(records, key: key.span.bytes).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// Expects `body` to throw a ``StorageError`` with this code, whose message contains `words`.
@discardableResult
func expectThrows(
    _ code: StorageError.Code, _ words: String = "", sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () throws -> Void
) -> StorageError? {
    let error = #expect(throws: StorageError.self, sourceLocation: sourceLocation) { try body() }
    #expect(error?.code == code, sourceLocation: sourceLocation)
    #expect(
        error?.message.contains(words) ?? words.isEmpty || words.isEmpty, "\(String(describing: error))",
        sourceLocation: sourceLocation)
    return error
}
