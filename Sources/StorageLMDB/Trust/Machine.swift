#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The machine that a store is opened on, and since when it has been running.
struct Machine: Equatable, Sendable {
    /// Another one after every start of the system; `nil` where it is unknown.
    var boot: String?
    /// A fingerprint of the machine's id, which itself is nobody else's business; `nil` where it has none.
    var fingerprint: String?

    init(boot: String?, id: String?) {
        self.boot = boot
        fingerprint = id.map(Self.fingerprint)
    }

    /// 64-bit FNV-1a, in hexadecimal digits: too short to tell the 128 bits of an id from it.
    private static func fingerprint(_ id: String) -> String {
        let hash = "swift-corestore \(id)".utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { hash, byte in
            (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
        }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension Machine {
    #if os(Linux)
    /// This one.
    static var current: Machine {
        Machine(boot: word(of: "/proc/sys/kernel/random/boot_id"), id: word(of: "/etc/machine-id"))
    }

    /// What a small file of the system says; `nil` where it says nothing. Images of containers leave theirs empty.
    private static func word(of path: String) -> String? {
        guard let file = try? FileDescriptor(opening: path, O_RDONLY) else { return nil }
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = max(0, read(file.rawValue, &bytes, bytes.count))
        let word = String(decoding: bytes[..<count].prefix { $0 > 0x20 && $0 < 0x7f }, as: UTF8.self)
        return word.isEmpty || word == "uninitialized" ? nil : word
    }
    #else
    /// This one.
    static var current: Machine { Machine(boot: bootSession, id: hostID) }

    private static var bootSession: String? {
        var bytes = [CChar](repeating: 0, count: 64)
        var count = bytes.count - 1
        guard sysctlbyname("kern.bootsessionuuid", &bytes, &count, nil, 0) == 0 else { return nil }
        let word = String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return word.isEmpty ? nil : word
    }

    private static var hostID: String? {
        #if os(macOS)
        var bytes = [UInt8](repeating: 0, count: 16)
        var patience = timespec(tv_sec: 1, tv_nsec: 0)
        guard gethostuuid(&bytes, &patience) == 0 else { return nil }
        return bytes.map { String($0, radix: 16) }.joined(separator: "-")
        #else
        // There, applications do not see the device's. A store that is restored to another device has new files.
        return nil
        #endif
    }
    #endif
}
