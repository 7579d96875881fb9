import StorageEngine

/// The table that these tests write to.
let records = Table(ordinal: 0, name: "records")

extension WriteSet {
    /// A set that puts one record.
    init(putting key: String, _ value: String = "") {
        self.init()
        put(key, value)
    }

    mutating func put(_ key: String, _ value: String = "") {
        let bytes = Array(key.utf8)
        put(records, key: bytes.span.bytes, value: Array(value.utf8)[...])
    }

    mutating func expect(_ key: String, _ expectation: Expectation) {
        let bytes = Array(key.utf8)
        expect(records, key: bytes.span.bytes, expectation)
    }
}

extension StorageEngine {
    func value(_ key: String) throws -> String? {
        let bytes = Array(key.utf8)
        return try read { snapshot in
            try snapshot.copy(records, key: bytes.span.bytes).map { String(decoding: $0, as: UTF8.self) }
        }
    }

    func keys() throws -> [String] {
        try read { snapshot in
            var keys: [String] = []
            try snapshot.scan(records, KeyRange()) { key, _ in
                keys.append(key.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
                return .next
            }
            return keys
        }
    }
}
