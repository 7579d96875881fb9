import Foundation

/// What the system counts of this process.
enum ProcessFigures {
    /// The bytes of memory that belong to the process alone, after what was freed was given back; `nil` where the system
    /// does not say.
    static var anonymousByteCount: Int? {
        giveBack()
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 << 10 }
    }

    /// Has the allocator give back what it keeps, where it can: `malloc_trim`, which no module declares.
    private static func giveBack() {
        #if canImport(Glibc)
        guard let symbol = dlsym(nil, "malloc_trim") else { return }
        _ = unsafeBitCast(symbol, to: (@convention(c) (Int) -> Int32).self)(0)
        #endif
    }

    /// How many descriptors lead to files under `path`; `nil` where the system does not say.
    static func openFileCount(under path: String) -> Int? {
        let descriptors = "/proc/self/fd"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: descriptors) else { return nil }
        return names.count { name in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: descriptors + "/" + name))?
                .hasPrefix(path) == true
        }
    }
}
