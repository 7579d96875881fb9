import CCorestoreLMDB

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What makes a file that file: it stays when the file is written to, renamed, or its disk is mounted anew, and a copy
/// has another one.
///
/// The number of the device is no part of it: it changes with the order in which disks are found.
struct FileStamp: Equatable, Sendable {
    var inode: UInt64
    /// When it was created, as "seconds.nanoseconds"; `nil` where the file system does not know.
    var birth: String?
    /// How often the inode was used before, or a random number, as the file system does it; `nil` where it does not
    /// tell. Together with the time of birth it tells a new file from an older one that had its inode.
    var generation: UInt32?

    /// Whether both are of the same file, by what is known of both.
    func matches(_ other: FileStamp) -> Bool {
        func agree<Value: Equatable>(_ left: Value?, _ right: Value?) -> Bool {
            left == nil || right == nil || left == right
        }
        return inode == other.inode && agree(birth, other.birth) && agree(generation, other.generation)
    }
}

extension FileDescriptor {
    var stamp: FileStamp {
        FileStamp(inode: identity.inode, birth: birth, generation: generation)
    }

    #if os(Linux)
    private var birth: String? {
        #if canImport(Glibc)
        var seconds: Int64 = 0
        var nanoseconds: UInt32 = 0
        guard corestore_birth_time(rawValue, &seconds, &nanoseconds) == 1 else { return nil }
        return "\(seconds).\(nanoseconds)"
        #else
        return nil
        #endif
    }

    private var generation: UInt32? {
        /// `FS_IOC_GETVERSION` of linux/fs.h, which is a macro that Swift does not see. File systems store 32 bits.
        let getVersion: UInt = MemoryLayout<Int>.size == 8 ? 0x8008_7601 : 0x8004_7601
        var generation = 0
        guard ioctl(rawValue, getVersion, &generation) == 0 else { return nil }
        return UInt32(truncatingIfNeeded: generation)
    }
    #else
    private var birth: String? {
        var status = stat()
        guard fstat(rawValue, &status) == 0 else { return nil }
        return "\(status.st_birthtimespec.tv_sec).\(status.st_birthtimespec.tv_nsec)"
    }

    /// Only the superuser sees it there.
    private var generation: UInt32? { nil }
    #endif
}
