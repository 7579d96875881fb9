import CompactEncoding
import Crypto
import Protomux
import Replication
import SecretStream

extension StreamState {
    /// Something that arrived.
    enum Arrival {
        /// The handshake is complete: the channels of cores can be opened.
        case ready
        /// The other side opened a core that has no channel here.
        case requestedCore(PairRequest)
        /// The other side opened a channel that somebody here may want.
        case requestedChannel(PairRequest)
        /// Both sides have opened a core, and the other has shown that it knows the key.
        case opened(PeerChannel, supportsSeeks: Bool)
        /// Messages of one core, in order.
        case messages(PeerChannel, [WireMessage])
        /// The channel of a core is over.
        case closed(PeerChannel, Multiplexer.Closure)
        /// What arrived on the channels of applications is in their inboxes, and these are to be woken.
        case woken([Wake])
        /// The stream cannot go on. Comes last.
        case failed(ReplicationError)
    }

    mutating func receive(_ bytes: [UInt8], now: ContinuousClock.Instant) -> [Arrival] {
        guard phase != .ended else { return [] }
        var received: [SecretStreamEvent] = []
        secret.receive(bytes, now: now, into: &received)
        return sort(received)
    }

    mutating func tick(now: ContinuousClock.Instant) -> [Arrival] {
        guard phase != .ended else { return [] }
        var due: [SecretStreamEvent] = []
        secret.tick(now: now, into: &due)
        return sort(due)
    }

    /// Unpacks and sorts all that one read brought, so that the messages of a core come together, whatever frames they came in:
    /// what is made of them is stored in one write.
    private mutating func sort(_ events: [SecretStreamEvent]) -> [Arrival] {
        var arrivals: [Arrival] = []
        var received: [Multiplexer.Event] = []
        for event in events {
            switch event {
            case .handshakeComplete(let result):
                session = result
                phase = .open
                arrivals.append(.ready)
            case .message(let frame):
                do {
                    try multiplexer.receive(frame, into: &received)
                } catch {
                    let failure = ReplicationError(.protocolViolation, "\(error)")
                    return arrivals + sort(received) + [.failed(failure)]
                }
            case .failed(let error):
                return arrivals + sort(received) + [.failed(ReplicationError(.stream, "\(error)"))]
            }
        }
        return arrivals + sort(received)
    }

    /// Messages of one core that follow one another.
    private struct Run {
        private(set) var sender: PeerChannel?
        var messages: [WireMessage] = []

        mutating func end(into arrivals: inout [Arrival]) {
            if let sender, !messages.isEmpty { arrivals.append(.messages(sender, messages)) }
            self = Run()
        }

        /// Goes on with a message on a channel; begins anew where that is another core's.
        mutating func go(on core: PeerChannel, into arrivals: inout [Arrival]) {
            guard core !== sender else { return }
            end(into: &arrivals)
            sender = core
        }
    }

    /// The core of a channel; most messages come on the channel of the one before.
    private func core(of id: ChannelID, after run: Run) -> PeerChannel? {
        run.sender?.channel == id ? run.sender : cores.byChannel[id]
    }

    /// Sorts what the multiplexer tells. Messages of one core that follow one another are handed over together.
    mutating func sort(_ events: [Multiplexer.Event]) -> [Arrival] {
        var arrivals: [Arrival] = []
        var run = Run()
        for event in events {
            if case .message(let id, let type, let body) = event, let core = core(of: id, after: run) {
                run.go(on: core, into: &arrivals)
                do {
                    if let message = try WireMessage.decode(type: type, body: body) { run.messages.append(message) }
                } catch {
                    run.end(into: &arrivals)
                    let words = "message of type \(type) does not decode: \(error)"
                    return arrivals + [.failed(ReplicationError(.protocolViolation, words))]
                }
            } else {
                run.end(into: &arrivals)
                if let arrival = sort(event) { arrivals.append(arrival) }
            }
        }
        run.end(into: &arrivals)
        return arrivals
    }

    /// Sorts anything but a message of a core.
    private mutating func sort(_ event: Multiplexer.Event) -> Arrival? {
        switch event {
        case .message(let id, let type, let body):
            guard let channel = channels[id] else { return nil }
            return .woken(deliver(MuxMessage(type: type, body: Array(body)), to: channel))
        case .opened(let id, let handshake):
            if let core = cores.byChannel[id] { return verify(handshake, of: core) }
            return channels[id]?.opened(handshake: handshake).map { .woken([$0]) }
        case .closed(let id, let closure):
            if let core = cores.remove(id) { return .closed(core, closure) }
            guard let channel = channels.removeValue(forKey: id) else { return nil }
            return .woken(channel.ended(closure == .rejected ? .refused : .closedByRemote) + roomWaiters.takeAll())
        case .pairRequested(let request):
            guard CoreChannels.isCore(request) else { return .requestedChannel(request) }
            cores.beginAnswering(request)
            return .requestedCore(request)
        }
    }

    /// Checks what the other side opened a core with: it must show that it knows the key (PROTOCOL §7).
    private func verify(_ handshake: ArraySlice<UInt8>, of channel: PeerChannel) -> Arrival {
        guard let session else { preconditionFailure("a channel was opened before the handshake") }
        let capability = ChannelCapability(
            key: channel.core.key, handshakeHash: session.handshakeHash, isInitiator: session.isInitiator)
        do {
            let handshake = try ChannelHandshake(decoding: handshake)
            guard capability.accepts(remote: handshake.capability) else {
                return .failed(
                    ReplicationError(
                        .wrongCapability, "the other side does not know the key of core \(channel.core.key)"))
            }
            return .opened(channel, supportsSeeks: handshake.supportsSeeks)
        } catch {
            return .failed(ReplicationError(.protocolViolation, "a channel's handshake does not decode: \(error)"))
        }
    }
}
