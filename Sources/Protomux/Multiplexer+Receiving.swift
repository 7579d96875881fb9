extension Multiplexer {
    /// Reads one message of the stream, and appends what happened to `events`.
    ///
    /// It never traps, whatever the bytes are, and takes time in proportion to their number. An empty frame is a
    /// keep-alive. Bodies are slices of `frame`.
    ///
    /// - Throws: Why the stream must be destroyed. Events that came before the offending part have been appended; every
    ///   later call throws the same error.
    public mutating func receive(_ frame: [UInt8], into events: inout [Event]) throws(ProtomuxError) {
        if let failure { throw failure }
        guard !frame.isEmpty else { return }
        do throws(ProtomuxError) {
            guard frame.count <= limits.largestFrame else {
                throw ProtomuxError(.frameTooLarge(length: frame.count, limit: limits.largestFrame))
            }
            var cursor = FrameCursor(frame)
            let channel = try cursor.uint()
            try receive(channel: channel, cursor, depth: 0, into: &events)
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func receive(
        channel remoteID: UInt64, _ message: FrameCursor, depth: Int, into events: inout [Event]
    ) throws(ProtomuxError) {
        var message = message
        let type = try message.uint()
        guard remoteID != 0 else {
            return try receiveControl(type, &message, depth: depth, into: &events)
        }
        switch remote[remoteID] {
        case .open(let localID):
            guard let slot = local[localID] else { return }
            let channel = ChannelID(localID: localID, serial: slot.serial)
            events.append(.message(channel, type: type, body: message.rest))
        case .waiting:
            try buffer(remoteID, type: type, body: message.rest)
        case .free:
            break  // A channel that we have closed: the other side did not know yet.
        }
    }

    private mutating func receiveControl(
        _ type: UInt64, _ message: inout FrameCursor, depth: Int, into events: inout [Event]
    ) throws(ProtomuxError) {
        switch Control(rawValue: type) {
        case .batch: try receiveBatch(&message, depth: depth + 1, into: &events)
        case .open: try receiveOpen(&message, into: &events)
        case .reject: try receiveReject(try message.uint(), into: &events)
        case .close: receiveClose(try message.uint(), into: &events)
        case nil: break  // From a later version.
        }
    }

    private mutating func receiveBatch(
        _ batch: inout FrameCursor, depth: Int, into events: inout [Event]
    ) throws(ProtomuxError) {
        guard depth <= limits.batchDepth else { throw ProtomuxError(.batchTooDeep(limit: limits.batchDepth)) }
        var channel = try batch.uint()
        while !batch.isAtEnd {
            let length = try batch.uint()
            if length == 0 {
                channel = try batch.uint()
            } else {
                try receive(channel: channel, try batch.part(length: length), depth: depth, into: &events)
            }
        }
    }

    /// Keeps a message for an open that we have not answered. More than its bound is a no to that open alone.
    private mutating func buffer(
        _ remoteID: UInt64, type: UInt64, body: ArraySlice<UInt8>
    ) throws(ProtomuxError) {
        let held = remote.buffer(remoteID, type: type, body: body)
        if held > limits.bufferedBytesPerChannel {
            reject(remoteID)
        } else if remote.bufferedBytes > limits.bufferedBytes {
            throw ProtomuxError(.tooManyBufferedBytes(limit: limits.bufferedBytes))
        }
    }
}

// MARK: - Control messages

extension Multiplexer {
    private mutating func receiveOpen(
        _ message: inout FrameCursor, into events: inout [Event]
    ) throws(ProtomuxError) {
        let remoteID = try message.uint()
        let name = try message.string()
        let id = Array(try message.buffer())
        let handshake = message.rest

        guard remoteID > 0, remoteID <= remote.count + 1, case .free = remote[remoteID] else {
            throw ProtomuxError(.invalidOpen(remoteID: remoteID))
        }
        if remoteID > remote.count {
            guard remoteID <= limits.channels else { throw ProtomuxError(.tooManyChannels(limit: limits.channels)) }
            remote.grow()
        }
        let key = ChannelKey(name, id: id)
        try checkLengths(of: key, handshakeLength: handshake.count)

        guard let localID = pairings.popOutgoing(pairings.resolve(key)), let slot = local[localID] else {
            return try offer(remoteID, key, name: name, handshake: handshake, into: &events)
        }
        guard slot.phase != .closing else {
            // The answer to an open that we have closed since. The reference overlooks a close that it reads before it
            // has answered: it would keep a channel without another end, and end the stream once the number is used
            // again. A second close is ignored where the first one was read.
            writeControl(.close, localID)
            return local.free(localID)
        }
        let channel = ChannelID(localID: localID, serial: slot.serial)
        join(channel, remoteID: remoteID)
        events.append(.opened(channel, handshake: handshake))
    }

    /// Asks whoever has offered to take such opens, or rejects this one.
    private mutating func offer(
        _ remoteID: UInt64, _ key: ChannelKey, name: String, handshake: ArraySlice<UInt8>, into events: inout [Event]
    ) throws(ProtomuxError) {
        guard pairings.isOffered(key), remote.waitingCount < limits.unpairedOpens else { return reject(remoteID) }
        let paired = pairings.resolve(key)
        let waiting = RemoteChannels.Waiting(key: paired, serial: nextSerial(), handshake: Array(handshake))
        remote.wait(remoteID, waiting)
        pairings.addIncoming(paired, id: remoteID, serial: waiting.serial)
        guard remote.bufferedBytes <= limits.bufferedBytes else {
            throw ProtomuxError(.tooManyBufferedBytes(limit: limits.bufferedBytes))
        }
        events.append(
            .pairRequested(
                PairRequest(
                    protocolName: name, id: key.id.isEmpty ? nil : key.id, handshake: waiting.handshake,
                    remoteID: remoteID, serial: waiting.serial)))
    }

    private mutating func receiveReject(_ localID: UInt64, into events: inout [Event]) throws(ProtomuxError) {
        guard let slot = local[localID], slot.phase != .open else {
            throw ProtomuxError(.unexpectedReject(localID: localID))
        }
        pairings.removeOutgoing(slot.key, serial: slot.serial)
        local.free(localID)
        if slot.phase == .opening {
            pairings.removeChannel(slot.key)
            events.append(.closed(ChannelID(localID: localID, serial: slot.serial), .rejected))
        }
    }

    private mutating func receiveClose(_ remoteID: UInt64, into events: inout [Event]) {
        switch remote[remoteID] {
        case .open(let localID):
            guard let slot = local[localID] else { return }
            remote.free(remoteID)
            local.free(localID)
            pairings.removeChannel(slot.key)
            events.append(.closed(ChannelID(localID: localID, serial: slot.serial), .closedByRemote))
        case .waiting:
            // The other side keeps the number taken until it is answered, and nobody here will answer any more: an open
            // from here would be ignored there, while we took the channel for open.
            reject(remoteID)
        case .free:
            break
        }
    }
}
