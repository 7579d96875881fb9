import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The small file that says which environment of a store is the current one.
///
/// Two lines: `swift-corestore 1`, the version of the directory's layout, and the environment's path in it, `data/` and
/// a number.
struct EnvironmentPointer: Equatable {
    private static let layout = "swift-corestore "
    private static let layoutVersion = 1
    private static let maximumByteCount = 64

    let environment: String

    init(environment: String) {
        self.environment = environment
    }

    /// Reads the pointer of a store; `nil` where there is none.
    init?(in directory: StoreDirectory) throws(StorageError) {
        let path = directory.pointerPath
        if access(path, F_OK) != 0, errno == ENOENT { return nil }
        let file = try FileDescriptor(opening: path, O_RDONLY)
        var bytes = [UInt8](repeating: 0, count: Self.maximumByteCount)
        let count = read(file.rawValue, &bytes, bytes.count)
        guard count >= 0 else { throw .cannotOpen(path, errorNumber: errno) }
        try self.init(contents: String(decoding: bytes[..<count], as: UTF8.self), path: path)
    }

    init(contents: String, path: String) throws(StorageError) {
        let lines = contents.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines[0].hasPrefix(Self.layout), let version = Int(lines[0].dropFirst(Self.layout.count)), version >= 1
        else {
            throw StorageError(
                .corrupt, "\(path) does not name an environment; the directory holds no store, or a damaged one")
        }
        guard version == Self.layoutVersion else {
            throw StorageError(
                .unsupportedVersion,
                "\(path) was written by a newer version of this library (layout \(version)); update it")
        }
        guard lines.count == 3, lines[2].isEmpty, Self.isEnvironment(lines[1]) else {
            throw StorageError(.corrupt, "\(path) does not name an environment in its second line; it is damaged")
        }
        environment = String(lines[1])
    }

    /// Whether `name` is a path that an environment may have in its store's directory.
    static func isEnvironment(_ name: Substring) -> Bool {
        let number = name.dropFirst("data/".count)
        return name.hasPrefix("data/") && !number.isEmpty && number.allSatisfy { $0.isASCII && $0.isNumber }
    }

    /// Replaces the pointer of a store, in one step also across a crash.
    func write(in directory: StoreDirectory) throws(StorageError) {
        let draft = directory.pointerDraftPath
        let file = try FileDescriptor(opening: draft, O_WRONLY | O_CREAT | O_TRUNC)
        let contents = Array("\(Self.layout)\(Self.layoutVersion)\n\(environment)\n".utf8)
        guard file.write(contents), file.synchronize(), rename(draft, directory.pointerPath) == 0,
            directory.descriptor.synchronize()
        else {
            throw .cannotWrite(directory.pointerPath, errorNumber: errno)
        }
    }
}
