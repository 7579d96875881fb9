import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What one household or host is taken for when connections are counted: an IPv4 address, or the first 64 bits of an IPv6
/// one, because whoever has one address of these has all of them.
struct AddressBlock: Hashable, Sendable {
    private let bytes: [UInt8]

    /// - Returns: `nil` for a Unix socket.
    init?(_ address: SocketAddress) {
        guard let text = address.ipAddress else { return nil }
        self.init(text)
    }

    /// Reads an address as the system writes it; `nil` where it is none.
    init?(_ text: String) {
        if let address = Self.parse(text, family: AF_INET, byteCount: 4) {
            bytes = address
        } else if let address = Self.parse(text, family: AF_INET6, byteCount: 16) {
            // ::ffff:a.b.c.d is an IPv4 peer of a socket that listens on both.
            let isMapped = address[..<10].allSatisfy { $0 == 0 } && address[10] == 0xff && address[11] == 0xff
            bytes = Array(isMapped ? address[12...] : address[..<8])
        } else {
            return nil
        }
    }

    private static func parse(_ text: String, family: CInt, byteCount: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        return inet_pton(family, text, &bytes) == 1 ? bytes : nil
    }
}
