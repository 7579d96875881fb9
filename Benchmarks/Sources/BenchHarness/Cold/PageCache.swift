#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The kernel's cache of files.
public enum PageCache {
    /// Whether this system lets go of what it caches of a file when it is asked to.
    public static let canBeDropped: Bool = {
        #if os(Linux)
        true
        #else
        false
        #endif
    }()

    /// What may stay cached: the kernel keeps what somebody holds just then.
    private static let mostCachedShare = 0.02

    /// Writes the files in `directory`, at any depth, to the disk and has the kernel forget their contents.
    ///
    /// Nobody may have them mapped. What happened is looked at (`mincore`), because asking for it is only advice.
    ///
    /// - Throws: ``StillCached`` where the contents are cached all the same, as on a file system in memory.
    public static func drop(_ directory: String) throws {
        #if os(Linux)
        for path in try filePaths(in: directory) {
            let file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { throw SystemCallFailure("open \(path)") }
            defer { close(file) }
            guard fsync(file) == 0 else { throw SystemCallFailure("fsync \(path)") }
            let status = posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
            guard status == 0 else { throw SystemCallFailure("posix_fadvise \(path)", number: status) }
            let share = try cachedShare(of: file)
            guard share <= mostCachedShare else { throw StillCached(path: path, share: share) }
        }
        #else
        throw StillCached(path: directory, share: 1)
        #endif
    }

    #if os(Linux)
    /// The part of a file that is in memory.
    static func cachedShare(of file: Int32) throws -> Double {
        let byteCount = Int(lseek(file, 0, SEEK_END))
        guard byteCount > 0 else { return 0 }
        guard
            let map = mmap(nil, byteCount, PROT_READ, MAP_SHARED, file, 0), map != MAP_FAILED
        else { throw SystemCallFailure("mmap") }
        defer { munmap(map, byteCount) }
        let pageByteCount = Int(sysconf(Int32(_SC_PAGESIZE)))
        var pages = [UInt8](repeating: 0, count: (byteCount + pageByteCount - 1) / pageByteCount)
        guard mincore(map, byteCount, &pages) == 0 else { throw SystemCallFailure("mincore") }
        return Double(pages.count { $0 & 1 == 1 }) / Double(pages.count)
    }

    private static func filePaths(in directory: String) throws -> [String] {
        guard let handle = opendir(directory) else { throw SystemCallFailure("opendir \(directory)") }
        defer { closedir(handle) }
        var paths: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
            }
            guard name != ".", name != ".." else { continue }
            let path = "\(directory)/\(name)"
            switch Int(entry.pointee.d_type) {
            case DT_DIR: paths += try filePaths(in: path)
            case DT_REG: paths.append(path)
            default: break
            }
        }
        return paths
    }
    #endif
}

/// The kernel has not let go of what it caches of a file.
public struct StillCached: Error, CustomStringConvertible {
    let path: String
    let share: Double

    public var description: String {
        """
        \(Table.tenths(share * 100)) % of \(path) is cached after the kernel was asked to drop it, so nothing that is read \
        from it is cold: give --directory on a local disk (not a file system in memory), on Linux
        """
    }
}
