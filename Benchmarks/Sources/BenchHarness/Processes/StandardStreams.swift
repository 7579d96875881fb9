#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What `print` writes to.
public enum StandardOutput {
    /// Hands on what `print` has gathered: a pipe would not see it before the process ends.
    public static func flush() throws {
        guard fflush(nil) == 0 else { throw SystemCallFailure("write to standard output") }
    }
}

/// Where warnings go, so that what is measured can be piped.
public enum StandardError {
    /// Writes a line.
    public static func print(_ line: String) throws {
        let bytes = Array((line + "\n").utf8)
        guard write(STDERR_FILENO, bytes, bytes.count) == bytes.count else {
            throw SystemCallFailure("write to standard error")
        }
    }
}
