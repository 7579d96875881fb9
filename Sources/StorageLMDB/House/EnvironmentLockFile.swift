import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// LMDB's lock file of an environment, and what its locks tell about other processes.
///
/// Every process that has an environment open, also read-only, and also one that runs LMDB's own tools, holds a shared
/// record lock on the file's first byte from before it reads until after it has closed. The lock ends with the process
/// however that ends. So nobody has to register anywhere: the system knows who is attached, with process id, and to
/// turn one's own shared lock into an exclusive one is to check that nobody else is attached and to keep everybody out,
/// in one step. Whoever wants to open the environment meanwhile waits in `mdb_env_open`.
///
/// (A process sees a store on a file system that is mounted read-only without taking any lock. It must not be written
/// to elsewhere then: that holds for LMDB as a whole.)
///
/// Such locks belong to the process, not to the descriptor, and closing *any* descriptor of the file drops them all,
/// LMDB's too. So this descriptor stays open exactly as long as the environment: ``close()`` comes after
/// `mdb_env_close`, and before the store may be opened again.
struct EnvironmentLockFile: Sendable {
    private let descriptor: Int32

    /// Opens the lock file of an environment that is open.
    init(ofEnvironmentAt path: String) throws(StorageError) {
        let path = path + "/lock.mdb"
        descriptor = open(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw .cannotOpen(path, errorNumber: errno) }
    }

    func close() {
        #if canImport(Glibc)
        Glibc.close(descriptor)
        #elseif canImport(Musl)
        Musl.close(descriptor)
        #else
        Darwin.close(descriptor)
        #endif
    }

    /// The id of another process that has the environment open; 0 where that process is in another container.
    var otherProcess: pid_t? {
        var lock = firstByte(F_WRLCK)
        guard fcntl(descriptor, F_GETLK, &lock) == 0, lock.l_type != Int16(F_UNLCK) else { return nil }
        return max(0, lock.l_pid)
    }

    /// Keeps other processes from opening the environment, where none has it open.
    func excludeOthers() -> Bool {
        var lock = firstByte(F_WRLCK)
        return fcntl(descriptor, F_SETLK, &lock) == 0
    }

    /// Lets other processes in again.
    func admitOthers() {
        var lock = firstByte(F_RDLCK)
        // Lowering one's own lock cannot conflict with anybody's.
        _ = fcntl(descriptor, F_SETLK, &lock)
    }

    private func firstByte(_ type: Int32) -> flock {
        var lock = flock()
        lock.l_type = Int16(type)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = 0
        lock.l_len = 1
        return lock
    }
}
