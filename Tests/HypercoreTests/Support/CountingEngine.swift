import Synchronization

@testable import StorageEngine

/// An engine that counts what is read from it: values that are looked up, and records that scans come by.
final class CountingEngine: StorageEngine {
    private let engine: any StorageEngine
    private let counts = Mutex<[Table: Int]>([:])

    init(_ engine: any StorageEngine) {
        self.engine = engine
    }

    /// Calls `body`, and returns how many records it has read.
    func reads(_ body: () async throws -> Void) async rethrows -> Int {
        counts.withLock { $0 = [:] }
        try await body()
        return counts.withLock { $0.values.reduce(0, +) }
    }

    /// How many records of a table were read since ``reads(_:)`` began.
    func reads(of table: Table) -> Int { counts.withLock { $0[table] ?? 0 } }

    private func count(_ table: Table) { counts.withLock { $0[table, default: 0] += 1 } }

    var maximumKeyLength: Int { engine.maximumKeyLength }
    var maximumTransactionByteCount: Int { engine.maximumTransactionByteCount }

    func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) {
        try engine.withSnapshot { snapshot in
            body(Snapshot(Reader(reader: snapshot.reader, count: { self.count($0) })))
        }
    }

    func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        try engine.write(durability: durability, body)
    }

    func sync() throws(StorageError) { try engine.sync() }
    func close() throws(StorageError) { try engine.close() }

    private struct Reader: SnapshotReader {
        let reader: any SnapshotReader
        let count: (Table) -> Void

        func withValue(_ table: Table, key: RawSpan, _ body: (RawSpan) -> Void) throws(StorageError) {
            count(table)
            try reader.withValue(table, key: key, body)
        }

        func scan(
            _ table: Table, _ range: KeyRange, order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep
        ) throws(StorageError) {
            try reader.scan(table, range, order: order) { key, value in
                count(table)
                return body(key, value)
            }
        }
    }
}
