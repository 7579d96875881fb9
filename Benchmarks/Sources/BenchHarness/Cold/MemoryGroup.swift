#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A bound on the memory of this process, what it caches of files included: a control group of Linux, of either version.
///
/// A store that is larger than that is never cached, however much memory the machine has.
public struct MemoryGroup: ~Copyable {
    private let path: String
    private let parent: String

    /// Moves this process into a new group that may hold `byteCount` bytes; `nil` where it may not make one, which takes
    /// root nearly everywhere.
    public init?(byteCount: Int) {
        Self.removeLeftovers()
        for (parent, limit) in Self.places {
            let path = "\(parent)/\(Self.prefix)\(getpid())"
            guard mkdir(path, 0o755) == 0 else { continue }
            if Self.write("\(byteCount)", to: "\(path)/\(limit)"), Self.write("\(getpid())", to: "\(path)/cgroup.procs")
            {
                self.path = path
                self.parent = parent
                return
            }
            rmdir(path)
        }
        return nil
    }

    /// Moves this process out again.
    deinit {
        _ = Self.write("\(getpid())", to: "\(parent)/cgroup.procs")
        rmdir(path)
    }

    private static let prefix = "corestore-bench-"

    /// Where groups are made, and the file of a group that has its limit: of version 2, and of version 1.
    private static let places = [
        ("/sys/fs/cgroup", "memory.max"), ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
    ]

    /// Removes the groups of processes that are gone: one that is ended by another leaves its own behind. Those in use stay.
    public static func removeLeftovers() {
        for (parent, _) in places { removeLeftovers(in: parent) }
    }

    private static func removeLeftovers(in parent: String) {
        guard let directory = opendir(parent) else { return }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: 1) { String(cString: $0) }
            }
            if name.hasPrefix(prefix) { rmdir("\(parent)/\(name)") }
        }
    }

    private static func write(_ text: String, to path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        let bytes = Array(text.utf8)
        return systemWrite(file, bytes, bytes.count) == bytes.count
    }
}

/// The system's call, under a name that the method above does not hide.
private func systemWrite(_ file: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int { write(file, bytes, count) }
