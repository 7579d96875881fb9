import Foundation
import StorageEngine
import StorageLMDB

/// A directory that is removed when nobody holds it any more. In memory where the system has such a place, since these
/// tests sync a lot.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm/" : NSTemporaryDirectory()
        path = parent + "storage-lmdb-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

extension TemporaryDirectory {
    var dataPath: String { path + "/data/1/data.mdb" }

    /// Opens the store in the directory; its table is ``records``.
    func open(_ configure: (inout LMDBOptions) -> Void = { _ in }) throws -> LMDBEngine {
        var options = LMDBOptions()
        configure(&options)
        return try LMDBEngine.open(at: path, tables: [records], options: options)
    }

    /// Creates a store with some records, and closes it.
    func createStore() throws {
        let engine = try open()
        try engine.put(["a": "1", "b": "2"])
        try engine.close()
    }

    func write(_ contents: String, to file: String) throws {
        let target = path + "/" + file
        try FileManager.default.createDirectory(
            atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try contents.write(toFile: target, atomically: false, encoding: .utf8)
    }

    func contents(of file: String) throws -> String {
        try String(contentsOfFile: path + "/" + file, encoding: .utf8)
    }
}
