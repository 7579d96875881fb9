import Hypercore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The file that an archive is written to: under another name until it is complete, and gone if it never is.
final class ArchiveOutput {
    private let path: String
    private let temporaryPath: String
    private var descriptor: Int32
    private var isFinished = false

    /// Creates the file beside the one that it is to replace.
    init(replacing path: String) throws(ArchiveError) {
        self.path = path
        temporaryPath = "\(path).\(UInt64.random(in: .min ... .max)).incomplete"
        descriptor = open(temporaryPath, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw .file("create", temporaryPath) }
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
        if !isFinished { unlink(temporaryPath) }
    }

    func write(_ bytes: [UInt8]) throws(ArchiveError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { systemWrite(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .file("write", temporaryPath) }
            rest = rest.dropFirst(count)
        }
    }

    /// Puts the file on the disk, and then in its place.
    func finish() throws(ArchiveError) {
        guard fsync(descriptor) == 0 else { throw .file("sync", temporaryPath) }
        guard rename(temporaryPath, path) == 0 else { throw .file("rename to its place", temporaryPath) }
        isFinished = true
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let place = open(directory, O_RDONLY | O_CLOEXEC)
        guard place >= 0 else { throw .file("open", directory) }
        defer { close(place) }
        // Some file systems cannot sync a directory, and say so.
        guard fsync(place) == 0 || errno == EINVAL else { throw .file("sync", directory) }
    }
}

/// The file that an archive is read from, in pieces.
struct ArchiveInput: AsyncSequence {
    typealias Element = [UInt8]

    let path: String

    struct Iterator: AsyncIteratorProtocol {
        private static let pieceByteCount = 256 << 10

        fileprivate let path: String
        private var file: OpenFile?

        fileprivate init(path: String) {
            self.path = path
        }

        mutating func next() async throws -> [UInt8]? {
            let file = try self.file ?? OpenFile(path)
            self.file = file
            let piece = try file.read(atMost: Self.pieceByteCount)
            return piece.isEmpty ? nil : piece
        }
    }

    func makeAsyncIterator() -> Iterator { Iterator(path: path) }
}

/// A file that is closed when nobody reads it any more.
private final class OpenFile {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws(ArchiveError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file("open", path) }
    }

    deinit {
        close(descriptor)
    }

    func read(atMost count: Int) throws(ArchiveError) -> [UInt8] {
        var result = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
            repeat {
                result = systemRead(descriptor, buffer.baseAddress, count)
            } while result < 0 && errno == EINTR
            initializedCount = max(result, 0)
        }
        guard result >= 0 else { throw .file("read", path) }
        return bytes
    }
}

// Inside a type these names are its own methods'.
private let systemWrite = write
private let systemRead = read

extension ArchiveError {
    /// The last system call failed.
    fileprivate static func file(_ action: String, _ path: String) -> ArchiveError {
        let words = String(cString: strerror(errno))
        return ArchiveError(.file, "could not \(action) \(path): \(words)")
    }
}
