import HypercoreStorage

@testable import StorageEngine

/// An engine that has one block it cannot read, of any log, as one does whose value no longer decompresses.
final class EngineWithUnreadableBlock: StorageEngine {
    private let engine: any StorageEngine
    private let block: UInt8

    init(_ engine: any StorageEngine, block: UInt8) {
        self.engine = engine
        self.block = block
    }

    var maximumKeyLength: Int { engine.maximumKeyLength }
    var maximumTransactionByteCount: Int { engine.maximumTransactionByteCount }

    func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) {
        try engine.withSnapshot { snapshot in body(Snapshot(Reader(reader: snapshot.reader, block: block))) }
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
        let block: UInt8

        private func isUnreadable(_ table: Table, _ key: RawSpan) -> Bool {
            table.name == "blocks" && key.unsafeLoad(fromByteOffset: key.byteCount - 1, as: UInt8.self) == block
        }

        private static let failure = StorageError(.corrupt, "the value does not decompress")

        func withValue(_ table: Table, key: RawSpan, _ body: (RawSpan) -> Void) throws(StorageError) {
            if isUnreadable(table, key), try reader.contains(table, key: key) { throw Self.failure }
            try reader.withValue(table, key: key, body)
        }

        func contains(_ table: Table, key: RawSpan) throws(StorageError) -> Bool {
            try reader.contains(table, key: key)
        }

        func scan(
            _ table: Table, _ range: KeyRange, order: ScanOrder, _ body: (RawSpan, RawSpan) -> ScanStep
        ) throws(StorageError) {
            var isStuck = false
            try reader.scan(table, range, order: order) { key, value in
                isStuck = isUnreadable(table, key)
                return isStuck ? .stop : body(key, value)
            }
            if isStuck { throw Self.failure }
        }
    }
}
