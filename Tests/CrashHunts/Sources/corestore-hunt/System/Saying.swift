import Glibc

/// Prints a line that must have left even if this process is ended by the next thing it does.
func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    let count = bytes.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
    precondition(count == bytes.count, "standard output took \(count) of \(bytes.count) bytes")
}
