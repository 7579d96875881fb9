import Foundation

/// A directory that is removed with the value that stands for it.
final class TemporaryDirectory: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "corestore-cli-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    /// The path of something in it.
    func path(_ name: String) -> String { url.appending(path: name).path }

    /// Writes a file in it.
    @discardableResult
    func file(_ name: String, _ bytes: [UInt8] = []) -> URL {
        let file = url.appending(path: name)
        let isWritten = FileManager.default.createFile(atPath: file.path, contents: Data(bytes))
        precondition(isWritten, "\(file.path) could not be written")
        return file
    }
}
