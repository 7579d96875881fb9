import CCorestoreLMDB
import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Keeps an environment's file as long as its header says, and refuses one that has lost something.
///
/// Reading a mapped page past the end of its file ends the process, so a file that was cut off has to be found before it
/// is mapped. But LMDB itself leaves short files behind: it does not write pages that were used and freed again in one
/// transaction, and those may be the last ones. So a short file is whole where all pages that it lacks are free, and
/// whoever writes lengthens it: after such a commit, and when it is opened, for a process may die between the two.
struct FileLength: ~Copyable {
    private let file: FileDescriptor
    private var known: Int

    init(of file: FileDescriptor) {
        self.file = file
        known = file.byteCount
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

// MARK: - Before the file is mapped

extension FileLength {
    /// How often a file is looked at whose writer commits in the meantime.
    private static let maximumLooks = 100

    /// Checks the headers and the length of a file that is about to be mapped.
    ///
    /// - Parameter isWritable: nobody else writes to the file; where it is short, it is lengthened.
    static func check(_ file: FileDescriptor, path: String, isWritable: Bool) throws(StorageError) {
        let expected: Int
        do throws(StructuralFinding) {
            expected = try checkLength(of: file).byteCount
        } catch {
            throw .damaged(path, error)
        }
        guard isWritable, file.byteCount < expected else { return }
        guard ftruncate(file.rawValue, off_t(expected)) == 0 else {
            throw LMDBStatus(errno).error("lengthening \(path) to the \(expected) bytes that its header tells of")
        }
    }

    private static func checkLength(of file: FileDescriptor) throws(StructuralFinding) -> MetaPage {
        var meta = try MetaPage.newest(in: file)
        var looks = 0
        while file.byteCount < meta.byteCount {
            let finding = missingPages(of: file, meta)
            let looked = meta
            meta = try MetaPage.newest(in: file)
            looks += 1
            // Where a writer has committed meanwhile, the pages that were read may be of two transactions.
            guard meta == looked || looks == maximumLooks else { continue }
            if let finding, file.byteCount < meta.byteCount { throw finding }
            break
        }
        return meta
    }

    private static func missingPages(of file: FileDescriptor, _ meta: MetaPage) -> StructuralFinding? {
        do throws(StructuralFinding) {
            let isWhole = try StructuralCheck.isTailFree(file, meta)
            return isWhole ? nil : StructuralFinding(flaw: .cutOff(byteCount: file.byteCount, expected: meta.byteCount))
        } catch {
            return error
        }
    }
}
