import Synchronization

@testable import StorageEngine

/// An engine that counts what is read from it: values that are looked up, and records that scans come by.
final class ReadCountingEngine: StorageEngine {
    private let engine: any StorageEngine
    private let count = Atomic(0)
    private let snapshots = Atomic(0)

    /// How many reads there have been, those inside others included.
    var snapshotCount: Int { snapshots.load(ordering: .acquiring) }

    init(_ engine: any StorageEngine) {
        self.engine = engine
    }

    /// Calls `body`, and returns how many records it has read.
    func reads(_ body: () async throws -> Void) async rethrows -> Int {
        let before = count.load(ordering: .acquiring)
        try await body()
        return count.load(ordering: .acquiring) - before
    }

    var maximumKeyLength: Int { engine.maximumKeyLength }
    var maximumTransactionByteCount: Int { engine.maximumTransactionByteCount }

    func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) {
        snapshots.add(1, ordering: .relaxed)
        try engine.withSnapshot { snapshot in
            body(Snapshot(Reader(reader: snapshot.reader) { _ = self.count.add(1, ordering: .relaxed) }))
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
        let count: () -> Void

        func withValue(_ table: Table, key: RawSpan, _ body: (RawSpan) -> Void) throws(StorageError) {
            count()
            try reader.withValue(table, key: key, body)
        }

        func scan(
            _ table: Table, _ range: KeyRange, order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep
        ) throws(StorageError) {
            try reader.scan(table, range, order: order) { key, value in
                count()
                return body(key, value)
            }
        }
    }
}
