import Hypercore
import Logging
import NIOCore
import Synchronization

/// The connections that a server holds, each known from the moment it is accepted.
final class ConnectionRegistry: Sendable {
    private struct State {
        var connections: [ObjectIdentifier: ReplicationConnection] = [:]
        var isOpen = true
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    /// How many connections there are.
    var count: Int { state.withLock { $0.connections.count } }

    /// Takes a connection in until its socket closes.
    ///
    /// - Returns: whether there was room.
    func admit(_ connection: ReplicationConnection, on channel: any Channel) -> Bool {
        let id = ObjectIdentifier(connection)
        let isAdmitted = state.withLock { state in
            guard state.isOpen, state.connections.count < limit else { return false }
            state.connections[id] = connection
            return true
        }
        if isAdmitted {
            channel.closeFuture.whenComplete { [weak self] _ in
                _ = self?.state.withLock { $0.connections.removeValue(forKey: id) }
            }
        }
        return isAdmitted
    }

    /// Admits nobody any more, ends every connection and waits until their sockets are closed.
    func close() async {
        let connections = state.withLock { state in
            state.isOpen = false
            return Array(state.connections.values)
        }
        for connection in connections { connection.stream.close() }
        for connection in connections { await connection.waitUntilSocketClosed() }
    }
}
