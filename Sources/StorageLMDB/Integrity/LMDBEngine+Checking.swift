public import StorageEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension LMDBEngine {
    /// Reads the whole structure of a store that is not open for writing, and finds whether it is sound.
    ///
    /// It reads every page that is in use, but not the values on pages of their own, and looks at no value: for what is
    /// in them, audit the logs. However damaged the file is, this only ever throws. Keeps writers out meanwhile.
    ///
    /// - Parameters:
    ///   - directory: the store's directory.
    ///   - progress: called now and then, on the calling thread.
    /// - Returns: what was counted.
    /// - Throws: `.corrupt` with the page and what is wrong with it; `.inUse` while the store is open for writing, here
    ///   or in another process; `.inaccessible`, `.unsupportedVersion`, `.inputOutput`.
    @discardableResult
    public static func check(
        at directory: String, progress: ((StructuralCheckProgress) -> Void)? = nil
    ) throws(StorageError) -> StructuralReport {
        let store = try StoreDirectory(directory, createsIfMissing: false)
        guard let pointer = try EnvironmentPointer(in: store) else {
            throw StorageError(.inaccessible, "there is no store in \(directory)")
        }
        let lock = try WriterLock(store)
        defer { withExtendedLifetime(lock) {} }
        return try check(dataFile: store.dataPath(of: pointer.environment), progress: progress)
    }

    static func check(
        dataFile path: String, progress: ((StructuralCheckProgress) -> Void)? = nil
    ) throws(StorageError) -> StructuralReport {
        let file = try FileDescriptor(opening: path, O_RDONLY)
        do throws(StructuralFinding) {
            return try StructuralCheck.run(file, progress: progress)
        } catch {
            throw .damaged(path, error)
        }
    }
}
