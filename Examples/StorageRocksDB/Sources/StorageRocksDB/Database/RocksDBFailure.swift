import CRocksDB
import StorageEngine

/// Calls into RocksDB, and throws what it reports.
///
/// - Parameters:
///   - action: what fails, for the message: "reading from /some/store".
///   - body: gets the place where the C API puts its words about a failure.
func reporting<Value>(
    _ action: @autoclosure () -> String, _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Value
) throws(StorageError) -> Value {
    var words: UnsafeMutablePointer<CChar>?
    let value = body(&words)
    guard let words else { return value }
    defer { rocksdb_free(words) }
    let failure = RocksDBFailure(words: String(cString: words))
    throw StorageError(failure.code, "\(action()) failed: \(failure.words)\(failure.advice)")
}

/// What RocksDB says of a failure.
///
/// Its C API has no codes, only the words that its `Status` prints: the kind, what is special about it, what happened.
/// The tests provoke locks and damage with RocksDB 7.8. No test provokes the others.
struct RocksDBFailure: Equatable {
    let words: String

    var code: StorageError.Code {
        if isAbout("lock hold by current process", "While lock file") { return .inUse }
        if isAbout("No space left on device", "Disk quota exceeded", "File too large") { return .full }
        // Where a file of a database is missing, RocksDB says so, and the kind is still damage.
        if words.hasPrefix("Corruption: ") { return .corrupt }
        // The engine passes nothing that RocksDB refuses: it is the database that is not as it was left.
        if words.hasPrefix("Invalid argument: ") { return .corrupt }
        if words.hasPrefix("Not implemented: ") { return .unsupportedVersion }
        if isAbout("Permission denied", "No such file or directory", "Not a directory", "Read-only file system") {
            return .inaccessible
        }
        return .inputOutput
    }

    var advice: String {
        switch code {
        case .inUse: "; close it there, or choose another directory"
        case .full: "; make room on the disk, then close the store and open it again"
        case .corrupt: "; it is no store, or is damaged: restore it from a copy or from peers"
        case .unsupportedVersion: "; it was written by another version of RocksDB"
        case .inaccessible: "; check that it exists and its permissions"
        default: ""
        }
    }

    private func isAbout(_ phrases: String...) -> Bool {
        phrases.contains { words.contains($0) }
    }
}
