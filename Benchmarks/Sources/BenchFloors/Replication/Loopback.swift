import BenchHarness

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// TCP on the loopback interface with blocking calls.
enum Loopback {
    #if canImport(Glibc)
    private static let streamType = Int32(SOCK_STREAM.rawValue)
    #else
    private static let streamType = SOCK_STREAM
    #endif

    /// Listens on a port that the system chooses.
    static func listen() throws -> (socket: Int32, port: UInt16) {
        let listener = socket(AF_INET, streamType, 0)
        guard listener >= 0 else { throw SystemCallFailure("socket") }
        var address = address(port: 0)
        let bound = withSocketAddress(&address) { bind(listener, $0, $1.pointee) }
        guard bound == 0, systemListen(listener, 1) == 0 else { throw SystemCallFailure("bind") }
        guard withSocketAddress(&address, { getsockname(listener, $0, $1) }) == 0 else {
            throw SystemCallFailure("getsockname")
        }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    /// The next connection.
    static func accept(_ listener: Int32) throws -> Int32 {
        let connection = systemAccept(listener, nil, nil)
        guard connection >= 0 else { throw SystemCallFailure("accept") }
        return connection
    }

    /// Connects to `port`.
    static func connect(port: UInt16) throws -> Int32 {
        let connection = socket(AF_INET, streamType, 0)
        guard connection >= 0 else { throw SystemCallFailure("socket") }
        var address = address(port: port)
        guard withSocketAddress(&address, { systemConnect(connection, $0, $1.pointee) }) == 0 else {
            throw SystemCallFailure("connect to port \(port)")
        }
        return connection
    }

    /// Sends all of `bytes`.
    static func send(_ bytes: UnsafeRawBufferPointer, over connection: Int32) throws {
        var rest = bytes
        while let start = rest.baseAddress, !rest.isEmpty {
            let count = write(connection, start, rest.count)
            guard count > 0 else { throw SystemCallFailure("write") }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    private static func address(port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    private static func withSocketAddress(
        _ address: inout sockaddr_in,
        _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> Int32 {
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        return withUnsafeMutablePointer(to: &address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
        }
    }
}

// The system's calls, under names that the methods above do not hide.
private func systemListen(_ socket: Int32, _ backlog: Int32) -> Int32 { listen(socket, backlog) }
private func systemAccept(
    _ socket: Int32, _ address: UnsafeMutablePointer<sockaddr>?, _ length: UnsafeMutablePointer<socklen_t>?
) -> Int32 { accept(socket, address, length) }
private func systemConnect(_ socket: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Int32 {
    connect(socket, address, length)
}
