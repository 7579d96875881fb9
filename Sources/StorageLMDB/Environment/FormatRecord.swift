import CCorestoreLMDB
import StorageEngine

/// What says which version of this library's format an environment has.
///
/// It lies in the environment's unnamed database, under a key that no table can have because it contains a zero byte:
/// two little-endian 32-bit numbers, the version, and a set of features that a reader must know.
struct FormatRecord: Equatable {
    static let key: [UInt8] = Array("\0format".utf8)
    static let byteCount = 8
    /// What this library writes: version 1, and at first no features.
    static let current = FormatRecord(version: 1, features: 0)

    /// The feature of a store with at least one value that was stored compressed (``StoredValue``).
    static let compressedValues: UInt32 = 1
    private static let knownFeatures = compressedValues

    let version: UInt32
    let features: UInt32

    /// Throws where this library does not know the format.
    func checkSupported(path: String) throws(StorageError) {
        guard version == Self.current.version, features & ~Self.knownFeatures == 0 else {
            throw StorageError(
                .unsupportedVersion,
                "\(path) was written by a newer version of this library (format \(version), features \(features)); "
                    + "update it"
            )
        }
    }

    /// Reads the record; `nil` where there is none.
    static func read(_ transaction: OpaquePointer, path: String) throws(StorageError) -> FormatRecord? {
        let database = try unnamedDatabase(transaction, path: path)
        var value = MDB_val()
        let status = key.span.bytes.withMDBValue { key in LMDBStatus(mdb_get(transaction, database, &key, &value)) }
        if status.rawValue == MDB_NOTFOUND { return nil }
        try status.check("reading the format of \(path)")
        guard value.mv_size == byteCount, let bytes = value.mv_data else {
            throw StorageError(.corrupt, "the format record of \(path) has \(value.mv_size) bytes, not \(byteCount)")
        }
        return FormatRecord(
            version: UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)),
            features: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
    }

    /// Stores the record.
    func write(_ transaction: OpaquePointer, path: String) throws(StorageError) {
        try put(transaction, path: path).check("writing the format of \(path)")
    }

    /// Stores the record, and leaves it to the caller what LMDB makes of it.
    func put(_ transaction: OpaquePointer, path: String) throws(StorageError) -> LMDBStatus {
        let database = try Self.unnamedDatabase(transaction, path: path)
        let bytes = withUnsafeBytes(of: (version.littleEndian, features.littleEndian)) { [UInt8]($0) }
        return Self.key.span.bytes.withMDBValue { key in
            bytes.span.bytes.withMDBValue { value in LMDBStatus(mdb_put(transaction, database, &key, &value, 0)) }
        }
    }

    private static func unnamedDatabase(_ transaction: OpaquePointer, path: String) throws(StorageError) -> MDB_dbi {
        var database = MDB_dbi()
        try LMDBStatus(mdb_dbi_open(transaction, nil, 0, &database)).check("opening \(path)")
        return database
    }
}
