import CCorestoreLMDB
import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Keeps an environment's file as long as its header says, and refuses one that is shorter.
///
/// Reading a mapped page past the end of its file ends the process, so a file that was cut off has to be found when it
/// is opened. But LMDB itself leaves short files behind: it does not write pages that were used and freed again in one
/// transaction, and those may be the last ones. So the engine lengthens the file after such a commit, and then a file
/// that is short has lost something. (A process that dies between the two leaves a whole file that is refused; hence
/// the words about `truncate`.)
struct FileLength: ~Copyable {
    private let file: FileDescriptor
    private var known: Int

    /// Checks the file of an environment that has just been opened, before anything in it is read.
    init(of environment: OpaquePointer, file: FileDescriptor, path: String) throws(StorageError) {
        self.file = file
        known = file.byteCount
        let expected = Self.expected(environment)
        guard known >= expected else {
            throw StorageError(
                .corrupt,
                "\(path) is cut off: it has \(known) of \(expected) bytes; restore it from a copy, or replicate the "
                    + "store from peers. If it is short only because its process was killed in the middle of a commit, "
                    + "it is whole: lengthen it with `truncate -s \(expected)`")
        }
    }

    /// Lengthens the file after a commit, where its last pages were not written.
    ///
    /// - Returns: whether that worked, and is on the disk where `durability` asks for it.
    mutating func commit(of environment: OpaquePointer, _ durability: Durability) -> Bool {
        let expected = Self.expected(environment)
        guard known < expected else { return true }
        known = file.byteCount
        guard known < expected else { return true }
        guard ftruncate(file.rawValue, off_t(expected)) == 0 else { return false }
        known = expected
        return durability == .relaxed || file.synchronize()
    }

    private static func expected(_ environment: OpaquePointer) -> Int {
        var information = MDB_envinfo()
        mdb_env_info(environment, &information)
        return (information.me_last_pgno + 1) * environment.pageByteCount
    }
}
