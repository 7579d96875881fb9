import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The right to write to a store, which one process has at a time.
///
/// It is a lock of the system on a file, so it ends with the process however that ends. The file holds the process id,
/// for the message that the others get.
final class WriterLock: Sendable {
    private let file: FileDescriptor
    private let forkCount = ForkCount.observe()

    init(_ directory: StoreDirectory) throws(StorageError) {
        let path = directory.lockPath
        file = try FileDescriptor(opening: path, O_RDWR | O_CREAT)
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            guard errno == EWOULDBLOCK else { throw .cannotOpen(path, errorNumber: errno) }
            throw StorageError(
                .inUse,
                "\(directory.path) is open for writing in process \(Self.holder(file)); close it there, or open it "
                    + "read-only"
            )
        }
        // What the file says is for people, so it is no failure where this cannot be written.
        if ftruncate(file.rawValue, 0) == 0 { _ = file.write(Array("\(getpid())\n".utf8)) }
    }

    /// A process that is just being started shares the open file until it has become another program, and would keep the
    /// lock. So it is given up, and not only closed; but not by a child, for its parent.
    deinit {
        if ForkCount.current == forkCount { flock(file.rawValue, LOCK_UN) }
    }

    private static func holder(_ file: FileDescriptor) -> String {
        var bytes = [UInt8](repeating: 0, count: 20)
        let count = pread(file.rawValue, &bytes, bytes.count, 0)
        let text = String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 0x0a }, as: UTF8.self)
        return Int(text).map(String.init) ?? "unknown"
    }
}
