import CompactEncoding

/// Carries many channels over one stream of messages, as Protomux does (PROTOCOL §6). It does no I/O of its own.
///
/// A channel is a protocol's name and an id. It is open once both sides have opened the same pair; until then each may
/// already send. The order of calls for whoever drives it:
///
/// 1. Hand each message that the stream delivers to ``receive(_:into:)``, and act on the events.
/// 2. After that, and after each group of calls that send, take what is to be written by ``drainFrames(_:)``. Each frame
///    is one message of the stream.
/// 3. Stop reading while ``shouldPauseReading`` is true, or while the transport has not taken the frames already drained:
///    a peer that sends but does not read can otherwise make both sides hold ever more.
/// 4. When a call throws from ``receive(_:into:)``, destroy the stream. When the stream ends for any reason, call
///    ``shutDown(into:)``.
///
/// ```swift
/// var events: [Multiplexer.Event] = []
/// var multiplexer = Multiplexer()
/// let chat = try multiplexer.open(protocol: "chat", id: room, into: &events)
/// try multiplexer.send(Array("hello".utf8), type: 0, on: chat)
/// multiplexer.drainFrames { frame in stream.write(frame) }
/// ```
///
/// Replies made while handling a received frame leave as one batch if ``cork()`` comes before and ``uncork()`` after.
/// The events of one frame are all gathered before any is handled: one may follow for a channel that was closed
/// while handling an earlier one, and is to be ignored.
public struct Multiplexer: Sendable {
    /// What the other side may make us hold.
    public let limits: Limits

    var outbox: FrameOutbox
    var local = LocalChannels()
    var remote = RemoteChannels()
    var pairings = Pairings()
    /// Why nothing can be received or opened any more.
    var failure: ProtomuxError?
    /// The serial number of the latest open, of either side.
    private var serial: UInt64 = 0

    /// Creates a multiplexer for a fresh stream. Both sides are alike: there is no initiator.
    ///
    /// - Precondition: a frame may hold at least 64 bytes, so that every control message fits.
    public init(limits: Limits = Limits()) {
        precondition(limits.largestFrame >= 64, "frames of at most \(limits.largestFrame) bytes are too short")
        self.limits = limits
        outbox = FrameOutbox(limits: limits)
    }

    mutating func nextSerial() -> UInt64 {
        serial += 1
        return serial
    }
}

// MARK: - Opening and closing

extension Multiplexer {
    /// Opens a channel, or takes up what the other side has opened under the same name and id.
    ///
    /// Messages may be sent at once. If an open of the other side was waiting, its `opened` event and the messages that
    /// came with it are appended to `events`. Several channels may have the same name and id; they match the other
    /// side's in order. One who wants only one asks ``channelCount(protocol:id:)`` first.
    ///
    /// - Parameters:
    ///   - name: The protocol's name, which the other side must use too, or list among its aliases.
    ///   - aliases: Other names under which an open of the other side, coming after this call, matches the channel.
    ///   - id: Tells apart channels of one protocol. An empty id is the same as none.
    ///   - handshake: Sent with the open, in an encoding that is up to the protocol.
    ///   - events: What happened is appended.
    /// - Throws: `.protocolNameTooLong`, `.idTooLong`, `.handshakeTooLong`, `.tooManyChannels`, `.frameTooLarge`, and then
    ///   nothing has changed; whatever ended the stream.
    public mutating func open(
        protocol name: String, aliases: [String] = [], id: [UInt8]? = nil, handshake: [UInt8] = [],
        into events: inout [Event]
    ) throws(ProtomuxError) -> ChannelID {
        if let failure { throw failure }
        let key = ChannelKey(name, id: id)
        try checkLengths(of: key, handshakeLength: handshake.count)
        let localID = local.nextID
        guard localID <= limits.channels else { throw ProtomuxError(.tooManyChannels(limit: limits.channels)) }
        try outbox.append(channel: 0, type: Control.open.rawValue) { writer in
            writer.uint(localID)
            writer.string(name)
            writer.buffer(key.id)
            writer.raw(handshake)
        }

        let paired = pairings.resolve(key)
        let channel = local.add(key: paired, serial: nextSerial())
        pairings.addChannel(paired, aliases: aliases.map { ChannelKey($0, id: id) })
        if let remoteID = pairings.popIncoming(paired), let waiting = remote.takeWaiting(remoteID) {
            join(channel, remoteID: remoteID)
            events.append(.opened(channel, handshake: waiting.handshake[...]))
            for message in waiting.messages {
                events.append(.message(channel, type: message.type, body: message.body[...]))
            }
        } else {
            pairings.addOutgoing(paired, channel)
        }
        return channel
    }

    /// Closes a channel. The other side is told, and nothing more of the channel is reported.
    ///
    /// A channel that is already over is left alone: the other side's close may have come first.
    public mutating func close(_ channel: ChannelID) {
        guard let slot = local[channel] else { return }
        writeControl(.close, channel.localID)
        if slot.phase == .open {
            remote.free(slot.remoteID)
            local.free(channel.localID)
        } else {
            local.awaitAnswer(channel.localID)
        }
        pairings.removeChannel(slot.key)
    }

    /// Ends everything: each channel that is not over is reported closed, and no call does anything after.
    public mutating func shutDown(into events: inout [Event]) {
        for channel in local.channels {
            events.append(.closed(channel, .streamEnded))
        }
        failure = failure ?? ProtomuxError(.streamEnded)
        local = LocalChannels()
        remote = RemoteChannels()
        pairings = Pairings()
    }

    func checkLengths(of key: ChannelKey, handshakeLength: Int) throws(ProtomuxError) {
        if key.name.count > limits.protocolNameLength {
            throw ProtomuxError(.protocolNameTooLong(length: key.name.count, limit: limits.protocolNameLength))
        }
        if key.id.count > limits.idLength {
            throw ProtomuxError(.idTooLong(length: key.id.count, limit: limits.idLength))
        }
        if handshakeLength > limits.handshakeLength {
            throw ProtomuxError(.handshakeTooLong(length: handshakeLength, limit: limits.handshakeLength))
        }
    }

    mutating func join(_ channel: ChannelID, remoteID: UInt64) {
        local.open(channel.localID, remoteID: remoteID)
        remote.open(remoteID, localID: channel.localID)
    }
}

// MARK: - Pairing

extension Multiplexer {
    /// Offers opens of the other side that nobody here has made: each yields one ``Event/pairRequested(_:)``.
    ///
    /// An open that no offer covers is rejected at once. An alias is covered only by an offer of its own.
    ///
    /// - Parameters:
    ///   - name: The protocol's name.
    ///   - id: The only id to offer, or `nil` for any.
    public mutating func pair(protocol name: String, id: [UInt8]? = nil) {
        pairings.offer(ChannelKey(name, id: id))
    }

    /// Withdraws the offer that ``pair(protocol:id:)`` made of the same name and id.
    public mutating func unpair(protocol name: String, id: [UInt8]? = nil) {
        pairings.stopOffering(ChannelKey(name, id: id))
    }

    /// Answers a request with no. One that has been answered or withdrawn is left alone.
    public mutating func reject(_ request: PairRequest) {
        guard isWaiting(request) else { return }
        reject(request.remoteID)
    }

    /// Whether the request still waits for an answer: the other side may have closed again what it opened.
    public func isWaiting(_ request: PairRequest) -> Bool {
        remote.waiting(request.remoteID)?.serial == request.serial
    }

    /// Rejects the unanswered open of `remoteID`, and drops what was sent to it.
    mutating func reject(_ remoteID: UInt64) {
        if let waiting = remote.takeWaiting(remoteID) {
            pairings.removeIncoming(waiting.key, serial: waiting.serial)
        }
        writeControl(.reject, remoteID)
    }
}

// MARK: - State

extension Multiplexer {
    /// How many channels of this name and id are open here, whether the other side has opened them or not.
    public func channelCount(protocol name: String, id: [UInt8]? = nil) -> Int {
        pairings.channelCount(pairings.resolve(ChannelKey(name, id: id)))
    }

    /// Every channel that is not over, by ascending number.
    public var channels: [ChannelID] { local.channels }

    /// Whether both sides have opened the channel and neither has closed it.
    public func isOpen(_ channel: ChannelID) -> Bool { local[channel]?.phase == .open }

    /// Whether so much waits for unanswered pair requests that no more should be read until they are answered.
    ///
    /// Only answers from this side can end it, so pausing on it cannot lock the two sides up.
    public var shouldPauseReading: Bool { remote.bufferedMessageBytes >= limits.pauseThreshold }

    /// Whether no trace of any channel is left. For tests: a table that is not emptied would grow for ever.
    var isAtRest: Bool {
        pairings.isEmpty && local.isAtRest && remote.waitingCount == 0 && remote.bufferedBytes == 0
    }
}
