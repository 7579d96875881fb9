@testable import StorageEngine

/// An engine that finds every value of one table damaged, as one does whose values no longer decompress.
final class EngineWithUnreadableValues: StorageEngine {
    private let engine: any StorageEngine
    private let table: Table

    init(_ engine: any StorageEngine, _ table: Table) {
        self.engine = engine
        self.table = table
    }

    var maximumKeyLength: Int { engine.maximumKeyLength }
    var maximumTransactionByteCount: Int { engine.maximumTransactionByteCount }

    func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) {
        try engine.withSnapshot { snapshot in body(Snapshot(Reader(reader: snapshot.reader, table: table))) }
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
        let table: Table

        func withValue(_ table: Table, key: RawSpan, _ body: (RawSpan) -> Void) throws(StorageError) {
            guard table != self.table else { throw StorageError(.corrupt, "the value does not decompress") }
            try reader.withValue(table, key: key, body)
        }

        func scan(
            _ table: Table, _ range: KeyRange, order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep
        ) throws(StorageError) {
            try reader.scan(table, range, order: order, body)
        }
    }
}
