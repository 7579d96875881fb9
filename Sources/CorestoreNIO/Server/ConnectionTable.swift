import Crypto

/// The connections of a server and how many there are of each kind; ``ConnectionRegistry`` keeps it in a lock.
struct ConnectionTable {
    struct Entry {
        let connection: ReplicationConnection
        let block: AddressBlock?
        /// The other side's key, once it is admitted.
        var peer: PublicKey?
    }

    private(set) var entries: [ObjectIdentifier: Entry] = [:]
    private var countByBlock: [AddressBlock: Int] = [:]
    private var handshakeCount = 0
    private let configuration: TransportConfiguration

    var counters = ServerCounters()
    var isOpen = true
    private(set) var admission: PeerAdmission
    /// Counts changes of the admission, which is asked outside the lock.
    private(set) var edition = 0

    init(_ configuration: TransportConfiguration, admission: PeerAdmission) {
        self.configuration = configuration
        self.admission = admission
    }
}

// MARK: - Coming and going

extension ConnectionTable {
    /// Takes a connection in.
    ///
    /// - Returns: why there is no room for it; `nil` where there is.
    mutating func takeIn(_ connection: ReplicationConnection, from block: AddressBlock?) -> String? {
        if let reason = lackOfRoom(for: block) {
            counters.noRoom += 1
            return reason
        }
        entries[ObjectIdentifier(connection)] = Entry(connection: connection, block: block)
        handshakeCount += 1
        counters.accepted += 1
        if let block { countByBlock[block, default: 0] += 1 }
        return nil
    }

    private func lackOfRoom(for block: AddressBlock?) -> String? {
        if !isOpen { return "the server shuts down" }
        if entries.count >= configuration.maximumConnectionCount { return "too many connections" }
        if handshakeCount >= configuration.maximumHandshakeCount { return "too many handshakes under way" }
        if let block, countByBlock[block, default: 0] >= configuration.maximumConnectionCountPerAddress {
            return "too many connections with this address"
        }
        return nil
    }

    /// The connection's socket is closed.
    mutating func remove(_ connection: ReplicationConnection) {
        guard let entry = entries.removeValue(forKey: ObjectIdentifier(connection)) else { return }
        if entry.peer == nil { handshakeCount -= 1 }
        counters.add(connection)
        guard let block = entry.block, let count = countByBlock[block] else { return }
        countByBlock[block] = count > 1 ? count - 1 : nil
    }
}

// MARK: - Admitting

extension ConnectionTable {
    /// Changes who may stay.
    ///
    /// - Returns: the connections with peers that were admitted before.
    mutating func change(to admission: PeerAdmission) -> [Entry] {
        self.admission = admission
        edition += 1
        return entries.values.filter { $0.peer != nil }
    }

    /// Notes what was decided on a peer, by the given edition of the admission.
    ///
    /// - Returns: whether that counts; not where the admission was changed meanwhile, for who changed it has not seen this
    ///   peer among those to be cut off.
    mutating func decide(
        _ isAdmitted: Bool, on peer: PublicKey, of connection: ReplicationConnection, edition: Int
    ) -> Bool {
        guard edition == self.edition else { return false }
        guard isAdmitted else {
            counters.notAdmitted += 1
            return true
        }
        counters.admitted += 1
        if entries[ObjectIdentifier(connection)] != nil {
            entries[ObjectIdentifier(connection)]?.peer = peer
            handshakeCount -= 1
        }
        return true
    }
}
