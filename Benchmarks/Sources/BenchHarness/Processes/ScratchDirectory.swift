#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A directory of our own that goes away with everything in it.
public struct ScratchDirectory: ~Copyable {
    /// Where it is.
    public let path: String

    /// Makes a new one inside `parent`.
    public init(in parent: String) throws {
        var template = Array("\(parent)/corestore-bench-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemCallFailure("mkdtemp in \(parent)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Makes a directory `name` inside this one and returns its path.
    public borrowing func makeDirectory(_ name: String) throws -> String {
        let directory = "\(path)/\(name)"
        guard mkdir(directory, 0o700) == 0 else { throw SystemCallFailure("mkdir \(directory)") }
        return directory
    }

    deinit {
        Self.removeTree(path)
    }

    /// Removes a directory and all in it. What cannot be removed stays: it is in a temporary directory.
    private static func removeTree(_ path: String) {
        if let directory = opendir(path) {
            while let entry = readdir(directory) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                    name.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
                }
                // A link is removed, not followed: only what is a directory itself is gone into.
                guard name != ".", name != ".." else { continue }
                if unlink("\(path)/\(name)") != 0 { removeTree("\(path)/\(name)") }
            }
            closedir(directory)
        }
        rmdir(path)
    }
}
