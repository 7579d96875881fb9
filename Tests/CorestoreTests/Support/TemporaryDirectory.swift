import Corestore
import Foundation
import StorageEngine

/// A directory that is removed when nobody holds it any more; in memory where the system has such a place.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let parent = FileManager.default.isWritableFile(atPath: "/dev/shm") ? "/dev/shm/" : NSTemporaryDirectory()
        path = parent + "corestore-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Where the directory's store is.
    var storePath: String { path + "/store" }

    /// Opens the directory's store.
    func open(_ configure: (inout CorestoreOptions) -> Void = { _ in }) async throws -> Corestore {
        var options = CorestoreOptions(durability: .relaxed)
        configure(&options)
        return try await Corestore.open(at: storePath, options: options)
    }

    func write(_ contents: String, to file: String) throws {
        let target = URL(filePath: path).appending(path: file)
        try FileManager.default.createDirectory(
            at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(contents.utf8).write(to: target)
    }
}
