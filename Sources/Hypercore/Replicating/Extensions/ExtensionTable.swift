import Replication

/// Who receives the extension messages of a core; touched only under the core's lock.
struct ExtensionTable: Sendable {
    static let maximumNameByteCount = MessageLimits.extensionNameByteLength

    /// Names one registration.
    struct ID: Hashable, Sendable {
        fileprivate let number: UInt64
        fileprivate let name: Name
    }

    /// Names are compared by their bytes, as they are sent.
    fileprivate typealias Name = [UInt8]

    private struct Registration {
        let number: UInt64
        /// The session that it ends with.
        let owner: ObjectIdentifier
        let inbox: Inbox<CoreExtension.Message>
    }

    private var registrations: [Name: [Registration]] = [:]
    private var lastNumber: UInt64 = 0
    /// The name of each peer's last message, which an empty one stands for.
    private var lastNames: [PeerID: Name] = [:]

    /// How many are registered.
    var count: Int { registrations.values.reduce(0) { $0 + $1.count } }

    mutating func add(
        _ name: String, of owner: ObjectIdentifier, _ inbox: Inbox<CoreExtension.Message>
    ) -> ID {
        lastNumber += 1
        let id = ID(number: lastNumber, name: Array(name.utf8))
        registrations[id.name, default: []].append(Registration(number: lastNumber, owner: owner, inbox: inbox))
        return id
    }

    func contains(_ id: ID) -> Bool {
        registrations[id.name]?.contains { $0.number == id.number } == true
    }

    /// Ends a registration; whoever reads is woken by what comes back.
    mutating func remove(_ id: ID) -> [Wake] {
        remove(named: id.name) { $0.number == id.number }
    }

    /// Ends all registrations of a session.
    mutating func removeAll(of owner: ObjectIdentifier) -> [Wake] {
        registrations.keys.flatMap { remove(named: $0) { $0.owner == owner } }
    }

    /// Ends all registrations.
    mutating func removeAll() -> [Wake] {
        registrations.keys.flatMap { remove(named: $0) { _ in true } }
    }

    private mutating func remove(named name: Name, where isRemoved: (Registration) -> Bool) -> [Wake] {
        guard let all = registrations[name] else { return [] }
        let rest = all.filter { !isRemoved($0) }
        registrations[name] = rest.isEmpty ? nil : rest
        return all.filter(isRemoved).compactMap { $0.inbox.finish() }
    }
}

// MARK: - Receiving

extension ExtensionTable {
    /// Hands a message to those who are registered for it; a name that nobody has registered is ignored.
    mutating func receive(_ message: ExtensionMessage, from peer: RemotePeer) -> [Wake] {
        let id = peer.channel.peer
        if !message.name.isEmpty { lastNames[id] = Array(message.name.utf8) }
        guard let name = lastNames[id], let receivers = registrations[name] else { return [] }
        let message = CoreExtension.Message(peer: peer, payload: Array(message.payload))
        return receivers.compactMap { $0.inbox.deliverDroppingOldest(message, byteCount: message.payload.count) }
    }

    /// Forgets a peer that is gone.
    mutating func forget(_ peer: PeerID) { lastNames[peer] = nil }
}
