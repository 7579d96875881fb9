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
    /// Whether channels may have become idle.
    var looksForIdlePeers = false
    /// Whether time makes a difference at another moment than before.
    var movesDeadline = false
    /// Who has received messages of applications.
    var wakes: [Wake] = []
}

extension Core {
    /// Makes one turn under the lock: `body` tells the machine what happened, then the machine asks peers for what is
    /// wanted and hands out what is to be stored. Its effects are carried out after the lock is released.
    func turn(_ body: (inout CoreState, inout TurnEffects) throws -> Void) rethrows {
        var aftermath = Aftermath()
        try state.withLock { state in
            var effects = TurnEffects()
            try body(&state, &effects)
            if !state.isClosed {
                let now = registry.now
                updateActivity(of: &state, &effects, now: now)
                state.replicator.flush(log: CoreLogView(self, state), now: now, into: &effects.replication)
            }
            aftermath.events = effects.events
            aftermath.groupUpdates = effects.groupUpdates
            aftermath.drivesWriter = effects.drivesWriter
            apply(&effects.replication, to: &state, &aftermath)
            state.noteRemoteLength(&aftermath.events)
            if effects.abandonsPeers { aftermath.closing += state.peers.values.map { ($0, .failed) } }
            if effects.looksForIdlePeers { aftermath.closing += idleChannels(in: state).map { ($0, .unwanted) } }
            if effects.movesDeadline { aftermath.rescheduling = state.peers.values.map(\.stream) }
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
            for effect in pending { apply(effect, to: &state, &further, &aftermath) }
            pending = further.take()
        }
    }

    private func apply(
        _ effect: Effect, to state: inout CoreState, _ further: inout Effects, _ aftermath: inout Aftermath
    ) {
        switch effect {
        case .send(let peer, let message):
            if let channel = state.peers[peer] { send(message, on: channel, &aftermath) }
        case .commit(let id, let batch):
            store(batch, id, in: &state, &further, &aftermath)
        case .reorganize(let id, _):
            // Not stored yet, so the machine must not ask for it over and over.
            var configuration = state.replicator.configuration
            configuration.allowsForks = false
            state.replicator.configure(configuration)
            state.replicator.failed(id, into: &further)
        case .conflict:
            break
        case .closeChannel(let peer):
            if let channel = state.peers[peer] { aftermath.closing.append(channel) }
        case .answersReady(let peer):
            if let channel = state.peers[peer] { aftermath.answering.append(channel) }
        case .finished(let token, let outcome):
            if let handler = state.waiters.remove(token) { aftermath.ended.append((handler, .success(outcome))) }
        case .destroyStream(let peer, let fault):
            guard let channel = state.peers[peer] else { return }
            aftermath.failing.append((channel.stream, ReplicationError(.misbehaved, "\(fault)")))
        case .channelIdle, .reopenChannel, .channelsWanted:
            break
        case .event(let event):
            state.transfers.count(event)
            if let event = CoreEvent(event) { aftermath.events.append(event) }
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
            state.replicator.peerOpened(
                channel.peer, supportsSeeks: supportsSeeks, log: CoreLogView(self, state), into: &effects.replication)
            effects.events.append(.peerAdded)
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
            let remote = state.remotes.removeValue(forKey: channel.peer)
            guard state.peers.removeValue(forKey: channel.peer) != nil else { return }
            state.replicator.peerClosed(channel.peer, into: &effects.replication)
            effects.events.append(.peerRemoved)
            guard end == .closedThere, let remote else { return }
            reopens = remote.reopens(whileDownloading: state.activity.isDownloading)
        }
        registry.release(self)
        return reopens
    }

    /// Takes all messages that one read of the stream brought for this core: they are verified under one lock, and what
    /// they brought is stored in one write set.
    func receive(_ messages: [WireMessage], from channel: PeerChannel) {
        let now = channel.stream.now
        turn { state, effects in
            guard state.peers[channel.peer] != nil else { return }
            hearWitness(messages, from: channel, in: &state, &effects)
            let log = CoreLogView(self, state)
            for message in messages {
                switch message {
                case .extension(let message):
                    effects.wakes += state.extensions.receive(message, from: RemotePeer(channel: channel))
                    continue
                case .sync(let sync):
                    state.remotes[channel.peer] = PeerIdleness(sync)
                    effects.looksForIdlePeers = true
                default: break
                }
                state.replicator.receive(
                    message, from: channel.peer, log: log, now: now, into: &effects.replication)
            }
        }
    }

    /// Lets the machine do what is due.
    func tick(now: Milliseconds) {
        turn { state, effects in
            state.replicator.tick(now: now, into: &effects.replication)
            effects.looksForIdlePeers = true
        }
    }
}

extension CoreEvent {
    /// The event as sessions see it; `nil` for what only matters inside.
    init?(_ event: ReplicationEvent) {
        switch event {
        case .downloaded(let block, let byteCount, _): self = .downloaded(index: block, byteCount: byteCount)
        case .uploaded(let block, let byteCount, _): self = .uploaded(index: block, byteCount: byteCount)
        case .forkIgnored, .invalidData, .invalidRequest, .storageFailed, .timedOut: return nil
        }
    }
}
