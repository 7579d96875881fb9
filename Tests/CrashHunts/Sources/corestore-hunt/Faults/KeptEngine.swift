import StorageEngine

/// An engine in memory that outlives the store which closes it, as a file would.
final class KeptEngine: StorageEngine {
    private let engine: any StorageEngine

    init(_ engine: any StorageEngine) {
        self.engine = engine
    }

    var maximumKeyLength: Int { engine.maximumKeyLength }
    var maximumTransactionByteCount: Int { engine.maximumTransactionByteCount }

    func withSnapshot(_ body: (borrowing Snapshot) -> Void) throws(StorageError) {
        try engine.withSnapshot(body)
    }

    func write(
        durability: Durability, _ body: (borrowing WriteTransaction) throws(StorageError) -> Void
    ) throws(StorageError) {
        try engine.write(durability: durability, body)
    }

    func sync() throws(StorageError) { try engine.sync() }
    func close() throws(StorageError) {}
}
