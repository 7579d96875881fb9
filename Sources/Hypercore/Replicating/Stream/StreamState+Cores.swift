import CompactEncoding
import Crypto
import Protomux
import Replication
import SecretStream

// The channels of cores.

extension StreamState {
    /// Sets who provides cores; `false` where somebody does already or the stream has ended.
    mutating func setProvider(_ provider: CoreProvider) -> Bool {
        guard cores.provider == nil, phase != .ended else { return false }
        cores.provider = provider
        return true
    }

    /// Opens a channel for `core`, which the caller has retained for it, now or when it can be.
    ///
    /// - Parameter isAnswer: whether this answers an open of the other side.
    /// - Returns: what the opening led to, or `nil` where the core has a channel already or the stream has ended; the
    ///   caller releases the core then.
    mutating func open(_ core: Core, isAnswer: Bool, on stream: ReplicationStream) -> [Arrival]? {
        switch phase {
        case .ended: return nil
        case .handshaking: return cores.keep(core) ? [] : nil
        case .open:
            guard !cores.hasChannel(core) else { return nil }
            if !isAnswer, let isKept = cores.keepUntilAnswered(core) { return isKept ? [] : nil }
            return openChannel(core, on: stream)
        }
    }

    /// Opens the channels that waited for the handshake.
    mutating func openPending(on stream: ReplicationStream) -> [Arrival] {
        cores.takePending().flatMap { openChannel($0, on: stream) }
    }

    private mutating func openChannel(_ core: Core, on stream: ReplicationStream) -> [Arrival] {
        guard let session else { preconditionFailure("a channel was opened before the handshake") }
        let capability = ChannelCapability(
            key: core.key, handshakeHash: session.handshakeHash, isInitiator: session.isInitiator)
        var handshake = ByteWriter(reservingCapacity: 33)
        ChannelHandshake(capability: capability.local).encode(into: &handshake)
        do {
            // An open that waited is answered at once, and its events refer to a channel that has to be known by then.
            var waiting: [Multiplexer.Event] = []
            let id = try multiplexer.open(
                protocol: CoreChannels.protocolName, aliases: CoreChannels.protocolAliases,
                id: core.discoveryKey.bytes.array, handshake: handshake.bytes, into: &waiting)
            cores.add(
                PeerChannel(core: core, stream: stream, channel: id, remotePublicKey: session.remotePublicKey))
            return sort(waiting)
        } catch {
            return [.failed(ReplicationError(.protocolViolation, "no channel could be opened: \(error)"))]
        }
    }

    /// Closes a channel of ours.
    ///
    /// - Returns: whether it was open.
    mutating func close(_ channel: PeerChannel) -> Bool {
        guard cores.remove(channel.channel) != nil else { return false }
        multiplexer.close(channel.channel)
        return true
    }

    /// Who has to be asked for the core of a request; `nil` where it is not to be had now.
    func provider(of request: PairRequest, now: ContinuousClock.Instant) -> (CoreRegistry, DiscoveryKey)? {
        guard let key = CoreChannels.discoveryKey(request), let provider = cores.provider,
            !cores.reopening.isWaiting(key, now: now)
        else { return nil }
        return (provider.registry, key)
    }

    /// Ends the answering of a request, with a no where nobody has opened the core.
    ///
    /// - Returns: a core that somebody wanted to open meanwhile.
    mutating func finishAnswering(_ request: PairRequest) -> Core? {
        multiplexer.reject(request)
        return cores.endAnswering(request)
    }
}
