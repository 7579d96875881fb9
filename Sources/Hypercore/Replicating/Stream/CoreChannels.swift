import CompactEncoding
import Crypto
import Protomux
import Replication

/// Who provides the cores of a stream: those that are open, and those that the other side asks for.
struct CoreProvider: Sendable {
    let registry: CoreRegistry
    /// What names the stream's watch on the registry.
    let watch: UInt64
}

/// The channels of cores on one stream, and what stands between a core and its channel.
struct CoreChannels: Sendable {
    /// The name under which cores replicate; the shorter one is what older peers call it (PROTOCOL §7).
    static let protocolName = "hypercore/alpha"
    static let protocolAliases = ["hypercore"]
    static let names = [protocolName] + protocolAliases

    var provider: CoreProvider?
    /// The channels that both sides have opened, or that wait for the other side.
    private(set) var byChannel: [ChannelID: PeerChannel] = [:]
    private var byCore: [DiscoveryKey: PeerChannel] = [:]
    /// Cores to be opened once the handshake is complete; each is retained.
    private(set) var pending: [Core] = []
    /// Those of `pending`, which may be all that a store has open. While they are retained, nothing else is called so.
    private var pendingIDs: Set<ObjectIdentifier> = []
    /// How many opens of the other side are being answered, by their cores.
    private var answering: [DiscoveryKey: Int] = [:]
    /// Cores to be opened once an open of the other side is answered; each is retained.
    private var late: [DiscoveryKey: Core] = [:]
    /// When the first of the cores has something to do again, as far as they have told.
    var due: Milliseconds?
    /// Cores whose channels were closed here because something failed.
    var reopening = Reopening()

    /// Whether the other side opened a core.
    static func isCore(_ request: PairRequest) -> Bool { names.contains(request.protocolName) }

    /// The cores that are retained for channels that are not open yet.
    var unopened: [Core] { pending + late.values }

    /// Whether no core has a channel or is to have one.
    var isEmpty: Bool { byChannel.isEmpty && pending.isEmpty && late.isEmpty }

    func hasChannel(_ core: Core) -> Bool { byCore[core.discoveryKey] != nil }

    mutating func add(_ channel: PeerChannel) {
        byChannel[channel.channel] = channel
        byCore[channel.core.discoveryKey] = channel
    }

    mutating func remove(_ id: ChannelID) -> PeerChannel? {
        guard let channel = byChannel.removeValue(forKey: id) else { return nil }
        byCore[channel.core.discoveryKey] = nil
        return channel
    }
}

// MARK: - Cores that have to wait

extension CoreChannels {
    /// Keeps a core until the handshake is complete.
    ///
    /// - Returns: whether it was not kept already.
    mutating func keep(_ core: Core) -> Bool {
        guard pendingIDs.insert(ObjectIdentifier(core)).inserted else { return false }
        pending.append(core)
        return true
    }

    mutating func takePending() -> [Core] {
        defer { (pending, pendingIDs) = ([], []) }
        return pending
    }

    /// The other side opened a core, and the thread that received this is about to answer.
    ///
    /// Until it has, no other thread may take up the open: what came with it would be handed to the core by that thread,
    /// and what comes after by this one, perhaps before it.
    mutating func beginAnswering(_ request: PairRequest) {
        guard let key = Self.discoveryKey(request) else { return }
        answering[key, default: 0] += 1
    }

    /// Keeps a core whose open by the other side is being answered, until it is.
    ///
    /// - Returns: whether it was kept; `nil` where no such open is being answered.
    mutating func keepUntilAnswered(_ core: Core) -> Bool? {
        guard answering[core.discoveryKey] != nil else { return nil }
        guard late[core.discoveryKey] == nil else { return false }
        late[core.discoveryKey] = core
        return true
    }

    /// - Returns: the core that waited for the answer.
    mutating func endAnswering(_ request: PairRequest) -> Core? {
        guard let key = Self.discoveryKey(request), let count = answering[key] else { return nil }
        answering[key] = count > 1 ? count - 1 : nil
        return count > 1 ? nil : late.removeValue(forKey: key)
    }

    static func discoveryKey(_ request: PairRequest) -> DiscoveryKey? {
        request.id.flatMap { Bytes32($0) }.map { DiscoveryKey($0) }
    }
}
