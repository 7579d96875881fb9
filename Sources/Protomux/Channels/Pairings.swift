/// Which opens of the two sides belong together.
///
/// For each key: the channels of ours that wait for the other side's open, and the opens of the other side that wait for
/// ours. An entry goes as soon as nothing is left of it.
struct Pairings: Sendable {
    private struct Pairing {
        /// Channels of ours that are not closed, opened by the other side or not.
        var channels = 0
        /// Our numbers that no open of the other side has answered, those closed meanwhile among them.
        var outgoing = OpenQueue()
        /// The other side's numbers that no open of ours has answered.
        var incoming = OpenQueue()
        var aliases: [ChannelKey] = []

        var isOver: Bool { channels == 0 && outgoing.isEmpty && incoming.isEmpty }
    }

    private var pairings: [ChannelKey: Pairing] = [:]
    /// The key that an alias stands for, for as long as that key has an entry.
    private var aliases: [ChannelKey: ChannelKey] = [:]
    private var patterns: Set<ChannelKey> = []

    /// The key under which an open that names `key` is paired.
    func resolve(_ key: ChannelKey) -> ChannelKey { aliases[key] ?? key }

    /// Whether an unmatched open of `key`, as the other side named it, is to be offered: its exact id, else any id.
    func isOffered(_ key: ChannelKey) -> Bool {
        patterns.contains(key) || patterns.contains(key.withoutID)
    }

    mutating func offer(_ pattern: ChannelKey) { patterns.insert(pattern) }

    mutating func stopOffering(_ pattern: ChannelKey) { patterns.remove(pattern) }

    /// How many channels of ours have the key.
    func channelCount(_ key: ChannelKey) -> Int { pairings[key]?.channels ?? 0 }

    mutating func addChannel(_ key: ChannelKey, aliases names: [ChannelKey]) {
        pairings[key, default: Pairing()].channels += 1
        for alias in names where aliases[alias] != key && alias != key {
            aliases[alias] = key
            pairings[key]?.aliases.append(alias)
        }
    }

    mutating func removeChannel(_ key: ChannelKey) {
        change(key) { $0.channels -= 1 }
    }

    mutating func addOutgoing(_ key: ChannelKey, _ channel: ChannelID) {
        change(key) { $0.outgoing.append(id: channel.localID, serial: channel.serial) }
    }

    mutating func removeOutgoing(_ key: ChannelKey, serial: UInt64) {
        change(key) { $0.outgoing.remove(serial: serial) }
    }

    /// Takes out our number that has waited longest for an open of `key`.
    mutating func popOutgoing(_ key: ChannelKey) -> UInt64? {
        change(key) { $0.outgoing.popFirst() }
    }

    mutating func addIncoming(_ key: ChannelKey, id: UInt64, serial: UInt64) {
        pairings[key, default: Pairing()].incoming.append(id: id, serial: serial)
    }

    mutating func removeIncoming(_ key: ChannelKey, serial: UInt64) {
        change(key) { $0.incoming.remove(serial: serial) }
    }

    /// Takes out the other side's number that has waited longest for an open of `key`.
    mutating func popIncoming(_ key: ChannelKey) -> UInt64? {
        change(key) { $0.incoming.popFirst() }
    }

    /// Whether nothing is left to pair or to resolve. An idle table that is not empty would grow for ever.
    var isEmpty: Bool { pairings.isEmpty && aliases.isEmpty }

    @discardableResult
    private mutating func change<Result>(_ key: ChannelKey, _ body: (inout Pairing) -> Result?) -> Result? {
        guard var pairing = pairings[key] else { return nil }
        // Out of the dictionary while it is changed: its queues would otherwise be shared, and copied.
        pairings[key] = nil
        let result = body(&pairing)
        guard pairing.isOver else {
            pairings[key] = pairing
            return result
        }
        for alias in pairing.aliases where aliases[alias] == key {
            aliases[alias] = nil
        }
        return result
    }
}
