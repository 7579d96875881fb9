import CompactEncoding
import StorageEngine

// Reading and writing single records by keys that are arrays: what is too rare to be worth borrowing for.

extension Snapshot {
    borrowing func withRecord<Value>(_ table: Table, _ key: [UInt8], _ body: (RawSpan) throws -> Value) throws -> Value?
    {
        try withValue(table, key: key.span.bytes, body)
    }

    /// A stored hash or key; `nil` where there is none.
    ///
    /// - Throws: `.damaged` where it has another length: that is not the same as nothing.
    borrowing func bytes32(_ table: Table, _ key: [UInt8]) throws -> Bytes32? {
        try withRecord(table, key) { try Bytes32(record: $0, of: table) }
    }

    /// A stored `u32`, little-endian.
    borrowing func number(_ table: Table, _ key: [UInt8]) throws -> UInt32? {
        try withRecord(table, key) { value in
            do throws(CompactDecodingError) {
                var reader = ByteReader(value)
                return try reader.uint32()
            } catch {
                throw StorageRecordError.damaged("number under a key of \(table.name)", error)
            }
        }
    }
}

extension Bytes32 {
    /// A record that is nothing but a hash or key.
    init(record: RawSpan, of table: Table) throws(StorageRecordError) {
        guard let bytes = Bytes32(record) else {
            throw StorageRecordError(
                .damaged, "a key in table \(table.name) is damaged: it has \(record.byteCount) bytes instead of 32")
        }
        self = bytes
    }
}

extension WriteSet {
    mutating func put(_ table: Table, _ key: [UInt8], record: [UInt8]) {
        put(table, key: key.span.bytes, value: record[...])
    }

    /// Stores a `u32`, little-endian.
    mutating func put(_ table: Table, _ key: [UInt8], number: UInt32) {
        var writer = ByteWriter(reservingCapacity: 4)
        writer.uint32(number)
        put(table, key, record: writer.bytes)
    }

    mutating func removeRecord(_ table: Table, _ key: [UInt8]) {
        delete(table, key: key.span.bytes)
    }

    mutating func expectRecord(_ table: Table, _ key: [UInt8], _ expectation: Expectation) {
        expect(table, key: key.span.bytes, expectation)
    }
}
