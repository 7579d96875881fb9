import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The directory of a database.
enum StoreDirectory {
    /// Creates the directory where it may, and returns its one true path: RocksDB tells by the path whether this process
    /// has a database open, and would open one twice through a symbolic link.
    static func resolve(_ path: String, createsIfMissing: Bool) throws(StorageError) -> String {
        if createsIfMissing, mkdir(path, 0o700) != 0, errno != EEXIST { throw .cannotOpen(path, errno) }
        guard let resolved = realpath(path, nil) else { throw .cannotOpen(path, errno) }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// Whether the directory holds a database: this file names its current manifest.
    static func holdsDatabase(_ path: String) throws(StorageError) -> Bool {
        if access(path + "/CURRENT", F_OK) == 0 { return true }
        guard errno == ENOENT else { throw .cannotOpen(path, errno) }
        return false
    }
}

extension StorageError {
    fileprivate static func cannotOpen(_ path: String, _ errorNumber: Int32) -> StorageError {
        StorageError(
            errorNumber == ENOSPC ? .full : .inaccessible,
            "\(path) cannot be opened: \(String(cString: strerror(errorNumber))); check that it exists and its permissions"
        )
    }
}
