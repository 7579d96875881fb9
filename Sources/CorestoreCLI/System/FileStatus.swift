#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the system says of a file.
struct FileStatus {
    /// Whether it is a file as any other: no directory, pipe, device or symbolic link.
    let isOrdinary: Bool
    let byteCount: UInt64

    /// `nil` where there is nothing at the path, or nothing that may be looked at.
    init?(of path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        isOrdinary = status.st_mode & S_IFMT == S_IFREG
        byteCount = UInt64(max(0, status.st_size))
    }
}
