/// The channels that the other side has opened, by the numbers that it gave them.
struct RemoteChannels: Sendable {
    enum Slot: Sendable {
        case free
        /// Opened by the other side and unanswered; its entry is in `waiting`.
        case waiting
        case open(localID: UInt64)
    }

    /// An open that waits for an answer, with what was already sent to it.
    ///
    /// Everything in it is a copy: a slice would keep a whole frame of up to 16 MiB alive, which the limits on bytes
    /// would not see.
    struct Waiting: Sendable {
        let key: ChannelKey
        let serial: UInt64
        let handshake: [UInt8]
        fileprivate(set) var messages: [(type: UInt64, body: [UInt8])] = []
        fileprivate(set) var messageBytes = 0

        init(key: ChannelKey, serial: UInt64, handshake: [UInt8]) {
            self.key = key
            self.serial = serial
            self.handshake = handshake
        }

        /// What it counts against the limits.
        var openBytes: Int {
            Multiplexer.Limits.bufferedItemOverhead + key.name.count + key.id.count + handshake.count
        }
    }

    private var slots: [Slot] = []
    private var waiting: [UInt64: Waiting] = [:]
    /// What all unanswered opens and the messages sent to them cost together.
    private(set) var bufferedBytes = 0
    /// The part of it that is messages.
    private(set) var bufferedMessageBytes = 0

    /// How many numbers the other side has used so far.
    var count: UInt64 { UInt64(slots.count) }
    /// How many opens are unanswered.
    var waitingCount: Int { waiting.count }

    /// What stands behind a number: `free` for one never used.
    subscript(id: UInt64) -> Slot {
        id > 0 && id <= count ? slots[Int(id) - 1] : .free
    }

    /// The unanswered open of `id`.
    func waiting(_ id: UInt64) -> Waiting? { waiting[id] }

    /// Lets the other side use one number more.
    mutating func grow() { slots.append(.free) }

    mutating func open(_ id: UInt64, localID: UInt64) { slots[Int(id) - 1] = .open(localID: localID) }

    mutating func free(_ id: UInt64) { slots[Int(id) - 1] = .free }

    mutating func wait(_ id: UInt64, _ open: Waiting) {
        slots[Int(id) - 1] = .waiting
        bufferedBytes += open.openBytes
        waiting[id] = open
    }

    /// Keeps a message for an unanswered open, and returns how many bytes of messages it has now.
    mutating func buffer(_ id: UInt64, type: UInt64, body: ArraySlice<UInt8>) -> Int {
        let cost = Multiplexer.Limits.bufferedItemOverhead + body.count
        bufferedBytes += cost
        bufferedMessageBytes += cost
        waiting[id]?.messages.append((type, Array(body)))
        waiting[id]?.messageBytes += cost
        return waiting[id]?.messageBytes ?? 0
    }

    /// Takes out the unanswered open of `id` and frees its number.
    mutating func takeWaiting(_ id: UInt64) -> Waiting? {
        guard let open = waiting.removeValue(forKey: id) else { return nil }
        bufferedBytes -= open.openBytes + open.messageBytes
        bufferedMessageBytes -= open.messageBytes
        slots[Int(id) - 1] = .free
        return open
    }
}
