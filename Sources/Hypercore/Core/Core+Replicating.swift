import HypercoreStorage
import Replication

// The driver of the replication machine: turns what happens on streams, in the store and in sessions into its inputs,
// and its effects into messages, commits and resumed waits.

extension Core {
    /// Runs one step of the replication machine under the lock, then carries its effects out.
    func step(_ body: (inout CoreState, CoreLogView, inout Effects) -> Void) {
        var aftermath = Aftermath()
        state.withLock { state in
            guard !state.isClosed else { return }
            var effects = Effects()
            body(&state, CoreLogView(self, state), &effects)
            apply(&effects, to: &state, &aftermath)
        }
        aftermath.carryOut(on: self)
    }

    /// Turns effects into queued messages, queued write sets and an aftermath.
    ///
    /// Messages are queued here, under the lock, so that a peer gets them in the order of the core's changes.
    func apply(_ effects: inout Effects, to state: inout CoreState, _ aftermath: inout Aftermath) {
        for effect in effects.take() {
            switch effect {
            case .send(let peer, let message):
                guard let channel = state.peers[peer] else { continue }
                channel.stream.enqueue(message, on: channel)
                aftermath.send(on: channel.stream)
            case .commit(let id, let batch):
                store(batch, id, in: &state)
                aftermath.drivesWriter = true
            case .answersReady(let peer):
                if let channel = state.peers[peer] { aftermath.answering.append(channel) }
            case .finished(let token, let outcome):
                if let handler = state.waiters.remove(token) { aftermath.ended.append((handler, .success(outcome))) }
            case .closeChannel(let peer, _):
                if let channel = state.peers[peer] { aftermath.closing.append(channel) }
            case .destroyStream(let peer, let fault):
                guard let channel = state.peers[peer] else { continue }
                aftermath.failing.append((channel.stream, ReplicationError(.misbehaved, "\(fault)")))
            case .event(let event):
                if let event = CoreEvent(event) { aftermath.events.append(event) }
            }
        }
    }

    /// Tells the machine that the log changed here, after the change became durable.
    func changed(_ change: LocalChange, in state: inout CoreState, _ aftermath: inout Aftermath) {
        var effects = Effects()
        state.replicator.localChanged(change, log: CoreLogView(self, state), into: &effects)
        apply(&effects, to: &state, &aftermath)
    }
}

// MARK: - Peers

extension Core {
    /// Both sides have opened the channel, and the other has shown that it knows the key.
    func peerOpened(_ channel: PeerChannel) {
        step { state, log, effects in
            state.peers[channel.peer] = channel
            state.replicator.peerOpened(channel.peer, log: log, now: channel.stream.now, into: &effects)
        }
        events.publish(.peerAdded)
    }

    /// The channel is over, whoever ended it. Called once for each channel.
    func peerClosed(_ channel: PeerChannel) {
        var wasOpen = false
        step { state, _, effects in
            wasOpen = state.peers.removeValue(forKey: channel.peer) != nil
            if wasOpen { state.replicator.peerClosed(channel.peer, into: &effects) }
        }
        if wasOpen { events.publish(.peerRemoved) }
        registry.release(self)
    }

    /// Takes all messages that one read of the stream brought for this core: they are verified under one lock, and what
    /// they brought is stored in one write set.
    func receive(_ messages: [WireMessage], from channel: PeerChannel) {
        let now = channel.stream.now
        step { state, log, effects in
            guard state.peers[channel.peer] != nil else { return }
            for message in messages {
                state.replicator.receive(message, from: channel.peer, log: log, now: now, into: &effects)
            }
            state.replicator.flush(log: log, now: now, into: &effects)
        }
    }

    /// Lets the machine do what is due.
    func tick(now: Milliseconds) {
        step { state, log, effects in state.replicator.tick(log: log, now: now, into: &effects) }
    }
}

extension CoreEvent {
    /// The event as sessions see it; `nil` for what only matters inside.
    init?(_ event: ReplicationEvent) {
        switch event {
        case .downloaded(let block, let byteCount, _): self = .downloaded(index: block, byteCount: byteCount)
        case .uploaded(let block, let byteCount, _): self = .uploaded(index: block, byteCount: byteCount)
        case .invalidData, .invalidRequest, .storageFailed: return nil
        }
    }
}
