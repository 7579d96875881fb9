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

    /// Takes over a descriptor that is open.
    init(adopting rawValue: Int32) {
        self.rawValue = rawValue
    }

    deinit {
        close(rawValue)
    }

    /// Writes all of `bytes` where the file stands, and returns whether that worked; otherwise `errno` says why.
    func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { write($0) }
    }

    /// As ``write(_:)-(Array<UInt8>)``.
    func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            #if canImport(Glibc)
            let count = Glibc.write(rawValue, rest.baseAddress, rest.count)
            #elseif canImport(Musl)
            let count = Musl.write(rawValue, rest.baseAddress, rest.count)
            #else
            let count = Darwin.write(rawValue, rest.baseAddress, rest.count)
            #endif
            // A disk that fills up cuts a write short; the next one says so.
            if count < 0, errno != EINTR { return false }
            rest = UnsafeRawBufferPointer(rebasing: rest[max(0, count)...])
        }
        return true
    }

    /// Forgets what was written, and stands at the beginning again.
    func truncate() -> Bool {
        ftruncate(rawValue, 0) == 0 && lseek(rawValue, 0, SEEK_SET) == 0
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
        #if canImport(Darwin)
        // There, `fsync` leaves what was written in the disk's own memory.
        if fcntl(rawValue, F_FULLFSYNC) == 0 { return true }
        #endif
        return fsync(rawValue) == 0
    }
}

struct FileIdentity: Hashable, Sendable {
    let device: UInt64
    let inode: UInt64
}

extension StorageError {
    /// A write to `path`, or to the directory of that name, failed.
    static func cannotWrite(_ path: String, errorNumber: Int32) -> StorageError {
        let words = words(forErrorNumber: errorNumber)
        switch errorNumber {
        case ENOSPC, EDQUOT, EFBIG:
            return StorageError(.full, "\(path) cannot be written: \(words); make room on the disk")
        case EACCES, EPERM, EROFS:
            return StorageError(.inaccessible, "\(path) may not be written by this user: \(words)")
        default:
            return StorageError(.inputOutput, "\(path) cannot be written: \(words)")
        }
    }

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
