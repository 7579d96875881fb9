import Foundation
import Synchronization

/// Somebody who listens, lets a caller in, and never says a word.
final class SilentListener: Sendable {
    private let socket: CInt
    private let caller = Mutex<CInt>(-1)
    /// HOST:PORT.
    let address: String

    init() throws {
        #if os(Linux)
        let kind = CInt(SOCK_STREAM.rawValue)
        #else
        let kind = SOCK_STREAM
        #endif
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_addr.s_addr = UInt32(INADDR_LOOPBACK).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = Foundation.socket(AF_INET, kind, 0)
        let isListening = withUnsafeMutablePointer(to: &name) { name in
            name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                bind(socket, name, size) == 0 && listen(socket, 1) == 0 && getsockname(socket, name, &size) == 0
            }
        }
        guard isListening else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        self.socket = socket
        address = "127.0.0.1:\(UInt16(bigEndian: name.sin_port))"
    }

    deinit {
        close(socket)
        caller.withLock { if $0 >= 0 { close($0) } }
    }

    /// Waits for the first caller, who is held until this ends.
    func waitForCaller() async throws {
        let caller = await withCheckedContinuation { continuation in
            Thread.detachNewThread { [socket] in continuation.resume(returning: accept(socket, nil, nil)) }
        }
        guard caller >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        self.caller.withLock { $0 = caller }
    }
}
