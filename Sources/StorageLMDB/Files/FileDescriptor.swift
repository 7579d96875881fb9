import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The words of the system for an error number.
func words(forErrorNumber number: Int32) -> String {
    String(cString: strerror(number))
}

/// An open file or directory; closed when nobody holds it any more.
final class FileDescriptor: Sendable {
    let rawValue: Int32

    /// Opens `path`; the descriptor does not survive `exec`.
    init(opening path: String, _ flags: Int32, permissions: mode_t = 0o600) throws(StorageError) {
        let descriptor = open(path, flags | O_CLOEXEC, permissions)
        guard descriptor >= 0 else { throw .cannotOpen(path, errorNumber: errno) }
        rawValue = descriptor
    }

    deinit {
        close(rawValue)
    }

    /// Writes `bytes` where the file stands, and returns whether that worked.
    func write(_ bytes: [UInt8]) -> Bool {
        #if canImport(Glibc)
        Glibc.write(rawValue, bytes, bytes.count) == bytes.count
        #elseif canImport(Musl)
        Musl.write(rawValue, bytes, bytes.count) == bytes.count
        #else
        Darwin.write(rawValue, bytes, bytes.count) == bytes.count
        #endif
    }

    /// Device and inode: what a file is, by whichever path it was opened.
    var identity: FileIdentity {
        var status = stat()
        let result = fstat(rawValue, &status)
        precondition(result == 0, "fstat of an open file failed: \(words(forErrorNumber: errno))")
        return FileIdentity(device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino))
    }

    /// The length of the file in bytes.
    var byteCount: Int {
        var status = stat()
        return fstat(rawValue, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Whether the disk is full, or the file as long as this process may make one.
    var cannotGrow: Bool {
        var limit = rlimit()
        #if canImport(Glibc)
        let status = getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        #else
        let status = getrlimit(RLIMIT_FSIZE, &limit)
        #endif
        if status == 0, limit.rlim_cur <= rlim_t(byteCount) { return true }
        var disk = statvfs()
        return fstatvfs(rawValue, &disk) == 0 && UInt64(disk.f_bavail) * UInt64(disk.f_frsize) < 1 << 20
    }

    /// Brings what was written to the file, or the names in the directory, to the disk.
    func synchronize() -> Bool {
        fsync(rawValue) == 0
    }
}

struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
}

extension StorageError {
    static func cannotOpen(_ path: String, errorNumber: Int32) -> StorageError {
        let words = words(forErrorNumber: errorNumber)
        switch errorNumber {
        case ENOENT, ENOTDIR:
            return StorageError(.inaccessible, "there is no store at \(path): \(words)")
        case EACCES, EPERM, EROFS:
            return StorageError(.inaccessible, "\(path) may not be used by this user: \(words); check its permissions")
        case ENOSPC, EDQUOT:
            return StorageError(.full, "nothing can be created at \(path): \(words)")
        default:
            return StorageError(.inputOutput, "\(path) cannot be opened: \(words)")
        }
    }
}
