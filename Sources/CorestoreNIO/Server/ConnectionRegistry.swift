import Crypto
import Hypercore
import NIOCore
import Synchronization

/// The connections that a server holds, each known from the moment it is accepted, and who may stay.
final class ConnectionRegistry: Sendable {
    private let table: Mutex<ConnectionTable>

    init(_ configuration: TransportConfiguration, admission: PeerAdmission) {
        table = Mutex(ConnectionTable(configuration, admission: admission))
    }

    /// How many connections there are.
    var count: Int { table.withLock { $0.entries.count } }

    /// What has come so far, the bytes of the connections that there are included.
    var counters: ServerCounters {
        table.withLock { table in
            table.entries.values.reduce(into: table.counters) { $0.add($1.connection) }
        }
    }
}

// MARK: - Coming and going

extension ConnectionRegistry {
    /// Takes a connection in until its socket closes.
    ///
    /// - Returns: why there is no room for it; `nil` where there is.
    func takeIn(_ connection: ReplicationConnection, on channel: any Channel) -> String? {
        let block = channel.remoteAddress.flatMap { AddressBlock($0) }
        if let refusal = table.withLock({ $0.takeIn(connection, from: block) }) { return refusal }
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.table.withLock { $0.remove(connection) }
        }
        return nil
    }

    /// Takes nobody in any more, ends every connection and waits until their sockets are closed.
    func close() async {
        let connections = table.withLock { table in
            table.isOpen = false
            return table.entries.values.map(\.connection)
        }
        for connection in connections { connection.stream.close() }
        for connection in connections { await connection.waitUntilSocketClosed() }
    }
}

// MARK: - Admitting

extension ConnectionRegistry {
    /// Decides whether a peer that has completed the handshake may stay.
    ///
    /// - Returns: why it may not.
    func refusal(of peer: PublicKey, on connection: ReplicationConnection) -> TransportError? {
        while true {
            let (admission, edition) = table.withLock { ($0.admission, $0.edition) }
            let isAdmitted = admission.admits(peer)
            if table.withLock({ $0.decide(isAdmitted, on: peer, of: connection, edition: edition) }) {
                return isAdmitted ? nil : .notAdmitted(peer)
            }
        }
    }

    /// Changes who may stay, and cuts off who may not any more.
    ///
    /// - Returns: how many were cut off.
    func change(to admission: PeerAdmission) -> Int {
        var count = 0
        for entry in table.withLock({ $0.change(to: admission) }) {
            guard let peer = entry.peer, !admission.admits(peer) else { continue }
            table.withLock { $0.counters.notAdmitted += 1 }
            entry.connection.cut(.notAdmitted(peer))
            count += 1
        }
        return count
    }
}
