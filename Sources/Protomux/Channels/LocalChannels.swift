/// The channels that this side has opened, by the numbers it gave them: 1, 2, and so on (PROTOCOL §6).
struct LocalChannels: Sendable {
    enum Phase: Sendable {
        /// The number may be given to the next channel.
        case free
        /// Opened here, not yet by the other side.
        case opening
        /// Opened by both sides.
        case open
        /// Closed here before the other side answered. The number is not free: the answer, which is still to come,
        /// would otherwise be taken for that of the next channel.
        case closing
    }

    struct Slot: Sendable {
        fileprivate(set) var phase = Phase.free
        let serial: UInt64
        let key: ChannelKey
        /// The other side's number for the channel while it is `open`, else 0.
        fileprivate(set) var remoteID: UInt64 = 0
    }

    private var slots: [Slot] = []
    private var freeIDs: [UInt64] = []

    /// The number that the next channel gets: the one freed last, else a new one.
    var nextID: UInt64 { freeIDs.last ?? UInt64(slots.count) + 1 }

    /// The channel that `channel` names, unless it is over.
    subscript(channel: ChannelID) -> Slot? {
        guard let slot = self[channel.localID], slot.serial == channel.serial, slot.phase != .closing else {
            return nil
        }
        return slot
    }

    /// The slot of a number that is not free.
    subscript(id: UInt64) -> Slot? {
        guard id > 0, id <= UInt64(slots.count) else { return nil }
        let slot = slots[Int(id) - 1]
        return slot.phase == .free ? nil : slot
    }

    /// Every channel that is not over, by ascending number.
    var channels: [ChannelID] {
        slots.enumerated().compactMap { index, slot in
            slot.phase == .opening || slot.phase == .open
                ? ChannelID(localID: UInt64(index) + 1, serial: slot.serial) : nil
        }
    }

    /// Takes `nextID` for a channel that the other side has not opened yet.
    mutating func add(key: ChannelKey, serial: UInt64) -> ChannelID {
        let slot = Slot(phase: .opening, serial: serial, key: key)
        if let id = freeIDs.popLast() {
            slots[Int(id) - 1] = slot
            return ChannelID(localID: id, serial: serial)
        }
        slots.append(slot)
        return ChannelID(localID: UInt64(slots.count), serial: serial)
    }

    mutating func open(_ id: UInt64, remoteID: UInt64) {
        slots[Int(id) - 1].phase = .open
        slots[Int(id) - 1].remoteID = remoteID
    }

    mutating func awaitAnswer(_ id: UInt64) {
        slots[Int(id) - 1].phase = .closing
    }

    mutating func free(_ id: UInt64) {
        slots[Int(id) - 1].phase = .free
        slots[Int(id) - 1].remoteID = 0
        freeIDs.append(id)
    }

    /// Whether every number is free.
    var isAtRest: Bool { freeIDs.count == slots.count }
}
