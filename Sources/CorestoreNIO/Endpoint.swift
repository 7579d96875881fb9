/// A host and a port: where a server listens, or what a client connects to.
///
/// Its text form is `HOST:PORT`; an IPv6 address stands in brackets, `[::1]:4000`.
public struct Endpoint: Hashable, Sendable {
    /// A name or an address.
    public let host: String
    /// The port; to listen on 0 means any that is free.
    public let port: UInt16

    /// Names a host and a port.
    public init(host: String, port: UInt16) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT`; `nil` where the host is missing, the port is no number up to 65535, or an IPv6 address stands
    /// without its brackets.
    public init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = Substring(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }

    /// Any free port of this machine, reachable from this machine alone.
    public static let anyLocalPort = Endpoint(host: "127.0.0.1", port: 0)
}

extension Endpoint: CustomStringConvertible {
    public var description: String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

extension Endpoint {
    /// Whether the host may be a name or an address at all, so that asking for it makes sense.
    var hasWellFormedHost: Bool {
        (1...253).contains(host.utf8.count) && host.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7f }
    }
}
