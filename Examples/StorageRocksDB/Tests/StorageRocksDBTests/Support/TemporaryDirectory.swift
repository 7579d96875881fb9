import Foundation
import StorageEngine
import StorageRocksDB

/// A directory that is removed when nobody holds it any more. In memory where the system has such a place, since these
/// tests sync a lot.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm/" : NSTemporaryDirectory()
        path = parent + "storage-rocksdb-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Holds what `original` holds, and nothing else: what a crash would leave, where a store is open there.
    func copy(_ original: TemporaryDirectory) throws {
        try FileManager.default.removeItem(atPath: path)
        try FileManager.default.copyItem(atPath: original.path, toPath: path)
    }
}
