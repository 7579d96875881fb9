import CCorestoreLMDB
import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A result of an LMDB call: 0, an error of LMDB (negative), or an error number of the system (positive).
struct LMDBStatus: Equatable {
    let rawValue: Int32

    init(_ rawValue: Int32) {
        self.rawValue = rawValue
    }

    var isSuccess: Bool { rawValue == MDB_SUCCESS }

    /// Whether the system reports it, and not LMDB.
    var isFromSystem: Bool { rawValue > 0 }

    var isInputOutput: Bool { rawValue == EIO }

    /// Throws what the result means, where it is a failure.
    ///
    /// - Parameter action: what failed, for the message: "reading from /some/store".
    func check(_ action: @autoclosure () -> String) throws(StorageError) {
        if !isSuccess { throw error(action()) }
    }

    func error(_ action: String) -> StorageError {
        StorageError(code, "\(action) failed: \(String(cString: mdb_strerror(rawValue)))\(advice)")
    }

    private var code: StorageError.Code {
        switch rawValue {
        case MDB_MAP_FULL, ENOSPC, EDQUOT, EFBIG: .full
        case MDB_PANIC: .poisoned
        case MDB_READERS_FULL: .tooManyReaders
        case MDB_TXN_FULL: .tooLarge
        case MDB_BAD_VALSIZE: .invalidArgument
        case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_INVALID: .corrupt
        case MDB_VERSION_MISMATCH: .unsupportedVersion
        case EACCES, EPERM, EROFS, ENOENT, ENOTDIR: .inaccessible
        case EAGAIN: .inUse
        default: .inputOutput
        }
    }

    private var advice: String {
        switch code {
        case .full: "; make room on the disk, then write again"
        case .poisoned: "; close the store and open it again"
        case .tooManyReaders: "; close snapshots sooner, or open the store with more readers"
        case .tooLarge: "; split the write into several"
        case .corrupt: "; the file is no store, or is damaged: restore it from a copy or from peers"
        case .unsupportedVersion: "; the file belongs to another version of LMDB"
        case .inaccessible: "; check that it exists and its permissions"
        case .inUse: "; another process is opening it"
        default: ""
        }
    }
}
