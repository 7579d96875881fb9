#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How much memory a process holds, in bytes.
public struct ResidentMemory: Sendable, Equatable {
    /// Pages that are the process's own: heap and stacks (`RssAnon`).
    public var anonymous: Int
    /// Pages of mapped files: LMDB's map and the program itself (`RssFile`). The kernel takes them back when it needs to.
    public var mapped: Int

    /// Amounts of the two kinds.
    public init(anonymous: Int, mapped: Int) {
        self.anonymous = anonymous
        self.mapped = mapped
    }

    /// Raises each amount to that of `other` where that is more.
    public mutating func raise(to other: ResidentMemory) {
        anonymous = max(anonymous, other.anonymous)
        mapped = max(mapped, other.mapped)
    }

    /// Reads `RssAnon` and `RssFile` out of the text of `/proc/self/status`; `nil` where they are missing.
    public init?(parsing status: [UInt8]) {
        guard
            let anonymous = Self.kilobytes(after: "RssAnon:", in: status),
            let mapped = Self.kilobytes(after: "RssFile:", in: status)
        else { return nil }
        self.init(anonymous: anonymous * 1024, mapped: mapped * 1024)
    }

    private static func kilobytes(after label: String, in text: [UInt8]) -> Int? {
        let label = Array(label.utf8)
        guard let start = text.indices.first(where: { text[$0...].starts(with: label) }) else { return nil }
        let digits = text[(start + label.count)...].drop { $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: " ") }
            .prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}

/// Reads the memory of this process again and again without allocating a file each time.
struct ResidentMemoryProbe: ~Copyable {
    private let file: Int32
    private var buffer = [UInt8](repeating: 0, count: 4096)

    init() {
        file = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
    }

    deinit {
        if file >= 0 { close(file) }
    }

    /// The memory held now; `nil` on a system that does not tell.
    mutating func read() -> ResidentMemory? {
        let count = pread(file, &buffer, buffer.count, 0)
        return count > 0 ? ResidentMemory(parsing: Array(buffer[..<count])) : nil
    }
}
