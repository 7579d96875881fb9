import NIOCore
import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension TransportError {
    /// Puts into words why listening on `endpoint` failed.
    init(listeningOn endpoint: Endpoint, _ error: any Error) {
        switch error {
        case let error as TransportError:
            self = error
        case let error as IOError where error.errnoCode == EADDRINUSE:
            self.init(.addressInUse, "\(endpoint) is in use: another program listens there; choose another port")
        case let error as IOError where error.errnoCode == EADDRNOTAVAIL:
            self.init(.addressNotAvailable, "\(endpoint.host) is no address of this machine")
        case let error as IOError where error.errnoCode == EACCES || error.errnoCode == EPERM:
            self.init(.notPermitted, "listening on \(endpoint) is not permitted; ports below 1024 are reserved")
        case SocketAddressError.unknown:
            self.init(.nameNotFound, "the name \(endpoint.host) is not known")
        default:
            self.init(.failed, "listening on \(endpoint) failed: \(error)")
        }
    }

    /// Puts into words why connecting to `endpoint` failed.
    init(connectingTo endpoint: Endpoint, _ error: any Error) {
        switch error {
        case let error as TransportError:
            self = error
        case is CancellationError:
            self.init(.cancelled, "connecting to \(endpoint) was cancelled")
        case let error as NIOConnectionError where error.connectionErrors.isEmpty:
            self.init(.nameNotFound, "the name \(endpoint.host) is not known")
        case let error as NIOConnectionError:
            // Every address of the host failed. The first one tried is what the user most likely means.
            self.init(connectingTo: endpoint, error.connectionErrors[0].error)
        case ChannelError.connectTimeout(let timeout):
            self.init(.timedOut, "\(endpoint) did not answer within \(timeout.nanoseconds / 1_000_000) ms")
        case let error as IOError:
            self.init(.init(errno: error.errnoCode), "connecting to \(endpoint): \(words(for: error))")
        default:
            self.init(.failed, "connecting to \(endpoint) failed: \(error)")
        }
    }

    /// Puts into words why the connection with `remote` broke.
    init(connectedTo remote: Endpoint?, _ error: any Error) {
        let peer = remote.map { "the connection with \($0)" } ?? "the connection"
        switch error {
        case let error as TransportError:
            self = error
        case let error as IOError:
            self.init(.init(errno: error.errnoCode), "\(peer) broke: \(words(for: error))")
        case ChannelError.eof, ChannelError.ioOnClosedChannel, ChannelError.alreadyClosed:
            self.init(.closed, "\(peer) is closed")
        default:
            self.init(.failed, "\(peer) failed: \(error)")
        }
    }
}

extension TransportError.Code {
    fileprivate init(errno: CInt) {
        switch errno {
        case ECONNREFUSED: self = .refused
        case EHOSTUNREACH, ENETUNREACH, EHOSTDOWN, ENETDOWN: self = .unreachable
        case ETIMEDOUT: self = .timedOut
        case ECONNRESET, EPIPE, ECONNABORTED: self = .reset
        case EACCES, EPERM: self = .notPermitted
        case EADDRNOTAVAIL: self = .addressNotAvailable
        default: self = .failed
        }
    }
}

/// What the system says of an error, without the name of the call that met it.
private func words(for error: IOError) -> String {
    switch TransportError.Code(errno: error.errnoCode) {
    case .refused: "nobody listens there"
    case .unreachable: "the host cannot be reached"
    case .timedOut: "the other side does not answer"
    case .reset: "the other side cut it"
    case .notPermitted: "the system does not permit it"
    default: "\(error)"
    }
}
