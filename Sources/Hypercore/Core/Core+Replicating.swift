import Protomux
import Replication
import Synchronization

// The driver of the replication machine: what happens on streams, in the store and in sessions becomes its inputs, and
// its effects become messages, commits and resumed waits.

/// What one turn of a core leads to.
struct TurnEffects {
    /// What the replication machine wants done.
    var replication = Effects()
    /// What subscribers are told.
    var events: [CoreEvent] = []
    /// What watchers of groups are told.
    var groupUpdates: [GroupUpdate] = []
    /// Whether all peers are to be let go: the store is out of order.
    var abandonsPeers = false
    /// Whether a write set was queued that nobody awaits.
    var drivesWriter = false
    /// Whether a stream has to be told when time matters next, though that is no earlier than before.
    var tellsDeadline = false
    /// Who has received messages of applications.
    var wakes: [Wake] = []
}

extension Core {
    /// Makes one turn under the lock: `body` tells the machine what happened, then the machine asks peers for what is
    /// wanted and hands out what is to be stored. Its effects are carried out after the lock is released.
    func turn(_ body: (inout CoreState, inout TurnEffects) throws -> Void) rethrows {
        var aftermath = Aftermath(isHeard: isHeard)
        try state.withLock { state in
            var effects = TurnEffects()
            let deadline = state.machine?.replicator.nextDeadline
            try body(&state, &effects)
            if !state.isClosed, let machine = state.machine {
                let log = CoreLogView(self, state)
                machine.replicator.flush(log: log, now: registry.now, into: &effects.replication)
            }
            aftermath.events = effects.events
            aftermath.groupUpdates = effects.groupUpdates
            aftermath.drivesWriter = effects.drivesWriter
            apply(&effects.replication, to: &state, &aftermath)
            state.noteRemoteLength(&aftermath.events)
            if effects.abandonsPeers { aftermath.closing += state.peers.values.map { ($0, .failed) } }
            if let due = state.machine?.replicator.nextDeadline, effects.tellsDeadline || due < deadline ?? .max {
                aftermath.rescheduling = (state.peers.values.map(\.stream), due)
            }
            aftermath.wakes = effects.wakes
        }
        aftermath.carryOut(on: self)
    }

    /// Turns effects into queued messages, queued write sets and an aftermath.
    ///
    /// Messages are queued here, under the lock, so that a peer gets them in the order of the core's changes.
    private func apply(_ effects: inout Effects, to state: inout CoreState, _ aftermath: inout Aftermath) {
        var pending = effects.take()
        while !pending.isEmpty {
            // What is handed out and cannot be stored at once goes back to the machine, which may have more to say.
            var further = Effects()
            // Most effects are messages, and most of these to one peer.
            var recipient: PeerChannel?
            for effect in pending { apply(effect, to: &state, &recipient, &further, &aftermath) }
            pending = further.take()
        }
    }

    private func apply(
        _ effect: Effect, to state: inout CoreState, _ recipient: inout PeerChannel?, _ further: inout Effects,
        _ aftermath: inout Aftermath
    ) {
        switch effect {
        case .send(let peer, let message):
            if recipient?.peer != peer { recipient = state.peers[peer] }
            if let recipient { send(message, on: recipient, &aftermath) }
        case .commit(let id, let batch):
            store(batch, id, in: &state, &further, &aftermath)
        case .reorganize(let id, let reorganization):
            reorganize(reorganization, id, in: &state, &further, &aftermath)
        case .conflict(let conflict):
            freeze(over: conflict, in: &state, &aftermath)
        case .closeChannel(let peer):
            if let channel = state.peers[peer] { aftermath.closing.append((channel, .ended)) }
        case .channelIdle(let peer):
            if let channel = state.peers[peer] { aftermath.closing.append((channel, .unwanted)) }
        case .channelsWanted:
            aftermath.wantsChannels = true
        case .reopenChannel:
            // Whoever has told the machine that the channel was closed knows it, and opens it again.
            break
        case .answersReady(let peer):
            if let channel = state.peers[peer] { aftermath.answering.append(channel) }
        case .finished(let token, let outcome):
            if let handler = state.waiters.remove(token) { aftermath.ended.append((handler, .success(outcome))) }
        case .destroyStream(let peer, let fault):
            guard let channel = state.peers[peer] else { return }
            aftermath.failing.append((channel.stream, ReplicationError(.misbehaved, "\(fault)")))
        case .event(let event):
            state.transfers.count(event)
            registry.tally.count(event)
            guard aftermath.isHeard, let event = CoreEvent(event, of: state.peers) else { return }
            aftermath.events.append(event)
        }
    }

    private func send(_ message: WireMessage, on channel: PeerChannel, _ aftermath: inout Aftermath) {
        do {
            try channel.stream.enqueue(message, on: channel)
            aftermath.send(on: channel.stream)
        } catch {
            aftermath.failing.append((channel.stream, ReplicationError(.protocolViolation, "\(error)")))
        }
    }
}

// MARK: - Peers

extension Core {
    /// Both sides have opened the channel, and the other has shown that it knows the key.
    func peerOpened(_ channel: PeerChannel, supportsSeeks: Bool) {
        turn { state, effects in
            guard !state.isClosed, !channel.isOver.load(ordering: .relaxed) else { return }
            state.peers[channel.peer] = channel
            registry.tally.addPeers(1)
            machine(of: &state).replicator.peerOpened(
                channel.peer, supportsSeeks: supportsSeeks, log: CoreLogView(self, state), into: &effects.replication)
            effects.events.append(.peerAdded)
            effects.tellsDeadline = true
        }
    }

    /// How a channel has ended.
    enum ChannelEnd {
        case closedHere
        case closedThere
        /// The other side did not want it.
        case refused
        case streamEnded
    }

    /// The channel is over. Called once for each channel.
    ///
    /// - Returns: whether it is to be opened again at once.
    @discardableResult
    func peerClosed(_ channel: PeerChannel, _ end: ChannelEnd) -> Bool {
        var reopens = false
        turn { state, effects in
            channel.isOver.store(true, ordering: .relaxed)
            if end == .refused { effects.events.append(.peerRefused(channel.remotePublicKey)) }
            state.extensions.forget(channel.peer)
            guard state.peers.removeValue(forKey: channel.peer) != nil else { return }
            registry.tally.addPeers(-1)
            state.machine?.replicator.peerClosed(
                channel.peer, byRemote: end == .closedThere, into: &effects.replication)
            effects.events.append(.peerRemoved)
            reopens = effects.replication.list.contains { if case .reopenChannel = $0 { true } else { false } }
        }
        registry.release(self)
        return reopens
    }

    /// Takes all messages that one read of the stream brought for this core: they are verified under one lock, and what
    /// they brought is stored in one write set.
    func receive(_ messages: [WireMessage], from channel: PeerChannel) {
        let now = channel.stream.now
        turn { state, effects in
            guard state.peers[channel.peer] != nil, let machine = state.machine else { return }
            hearWitness(messages, from: channel, in: &state, &effects)
            let log = CoreLogView(self, state)
            for message in messages {
                machine.replicator.receive(message, from: channel.peer, log: log, now: now, into: &effects.replication)
                guard case .extension(let message) = message else { continue }
                effects.wakes += state.extensions.receive(message, from: RemotePeer(channel: channel))
            }
        }
    }

    /// Lets the machine do what is due.
    func tick(now: Milliseconds) {
        turn { state, effects in
            guard let machine = state.machine, let due = machine.replicator.nextDeadline, due <= now else { return }
            machine.replicator.tick(now: now, into: &effects.replication)
        }
    }
}

extension CoreEvent {
    /// The event as sessions see it; `nil` for what only matters inside.
    init?(_ event: ReplicationEvent, of peers: [PeerID: PeerChannel]) {
        switch event {
        case .downloaded(let block, let byteCount): self = .downloaded(index: block, byteCount: byteCount)
        case .uploaded(let block, let byteCount, _): self = .uploaded(index: block, byteCount: byteCount)
        case .invalidData(let fault, let peer):
            guard let channel = peers[peer] else { return nil }
            self = .invalidData(from: channel.remotePublicKey, reason: "\(fault)")
        case .timedOut(let peer, _):
            guard let channel = peers[peer] else { return nil }
            self = .peerTimedOut(channel.remotePublicKey)
        case .forkIgnored(let fork, let peer):
            guard let channel = peers[peer] else { return nil }
            self = .forkIgnored(fork: fork, from: channel.remotePublicKey)
        case .invalidRequest, .storageFailed: return nil
        }
    }
}
