import Protomux

// The channels of applications.

extension StreamState {
    /// Opens a channel, or takes up what the other side has opened.
    ///
    /// - Returns: the channel, and whom to wake.
    mutating func open(
        protocol name: String, id: [UInt8]?, handshake: [UInt8], receiveBufferByteCount: Int,
        on stream: ReplicationStream
    ) throws(ReplicationError) -> (MuxChannel, [Wake]) {
        guard !CoreChannels.names.contains(name) else {
            throw ReplicationError(.invalidChannel, "the protocol \(name) is that of the logs; choose another name")
        }
        guard phase != .ended else { throw ReplicationError(.channelClosed, "the stream has ended") }
        // An open that waited is answered at once, and its events refer to a channel that has to be known by then.
        var waiting: [Multiplexer.Event] = []
        let channelID: ChannelID
        do throws(ProtomuxError) {
            channelID = try multiplexer.open(protocol: name, id: id, handshake: handshake, into: &waiting)
        } catch {
            throw ReplicationError(.invalidChannel, "the channel cannot be opened: \(error)")
        }
        let channel = MuxChannel(
            channelID, protocol: name, id: id, on: stream, receiveBufferByteCount: receiveBufferByteCount,
            sharing: receiveBudget)
        channels[channelID] = channel
        let wakes = sort(waiting).flatMap { arrival in if case .woken(let wakes) = arrival { wakes } else { [Wake]() } }
        return (channel, wakes)
    }

    /// Takes up what the other side has opened.
    mutating func accept(
        _ request: PairRequest, handshake: [UInt8], receiveBufferByteCount: Int, on stream: ReplicationStream
    ) throws(ReplicationError) -> (MuxChannel, [Wake]) {
        guard phase != .ended, multiplexer.isWaiting(request) else {
            throw ReplicationError(.channelClosed, "the other side does not wait for the channel any more")
        }
        return try open(
            protocol: request.protocolName, id: request.id, handshake: handshake,
            receiveBufferByteCount: receiveBufferByteCount, on: stream)
    }

    /// Closes a channel of ours.
    ///
    /// - Returns: whom to wake; `nil` where it was over.
    mutating func close(_ channel: MuxChannel, _ end: MuxChannelEnd) -> [Wake]? {
        guard channels.removeValue(forKey: channel.channel) != nil else { return nil }
        multiplexer.close(channel.channel)
        return channel.ended(end) + roomWaiters.takeAll()
    }

    /// Gives a channel what arrived for it. One whose reader is too far behind is closed: logs on the same stream must not
    /// wait for it.
    mutating func deliver(_ message: MuxMessage, to channel: MuxChannel) -> [Wake] {
        switch channel.inbox.deliver(message, byteCount: message.body.count) {
        case .taken(let wake): return wake.map { [$0] } ?? []
        case .full:
            let error = ReplicationError(
                .channelOverflow,
                "the other side sent more ahead of the reader of channel \(channel.protocolName) than its "
                    + "\(channel.receiveBufferByteCount) bytes, or those of all channels, can hold; read faster, or let "
                    + "them hold more")
            return close(channel, .failed(error)) ?? []
        }
    }

    /// Queues a message.
    ///
    /// - Returns: whether there is room for another.
    mutating func enqueue(
        _ body: [UInt8], type: UInt64, on channel: MuxChannel, _ configuration: ReplicationStream.Configuration
    ) throws(ReplicationError) -> Bool {
        guard channels[channel.channel] != nil else {
            throw channel.end?.error ?? ReplicationError(.channelClosed, "the channel is closed")
        }
        guard !isBacklogged(configuration) else {
            throw ReplicationError(
                .backlogged,
                "\(configuration.backlogByteCount) bytes and more wait to be sent already; wait until there is room")
        }
        do throws(ProtomuxError) {
            try multiplexer.send(body, type: type, on: channel.channel)
        } catch {
            throw ReplicationError(.messageTooLarge, "\(error)")
        }
        noteAdded(byteCount: body.count)
        return hasRoom(configuration)
    }
}
