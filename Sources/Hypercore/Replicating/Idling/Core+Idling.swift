import Replication
import Synchronization

// Whether a core is wanted here, and which of its channels neither side needs (PROTOCOL §7, Idling).

extension Core {
    /// Whether the core is to be replicated on every stream there is.
    var isWanted: Bool { state.withLock { $0.activity.sessionCount > 0 } }

    /// An active session was opened: the first one brings the core to all streams.
    func beginActivity() {
        var isFirst = false
        turn { state, _ in
            state.activity.sessionCount += 1
            isFirst = state.activity.sessionCount == 1
        }
        if isFirst { registry.tellWanted(self) }
    }

    /// An active session was closed.
    func endActivity() {
        turn { state, _ in state.activity.sessionCount -= 1 }
    }

    /// Tells the machine whether the core is wanted. Called in each turn.
    func updateActivity(of state: inout CoreState, _ effects: inout TurnEffects, now: Milliseconds) {
        // A store that was opened read-only cannot store what it is brought.
        let isWanted = writer != nil && (state.activity.sessionCount > 0 || state.waiters.count > 0)
        let deadline = state.activity.nextDeadline
        let hasChanged = state.activity.update(isWanted: isWanted, now: now) { [policy = registry.idlePolicy] in
            Milliseconds(max(0, policy.pick(policy.linger) / .milliseconds(1)))
        }
        if state.activity.nextDeadline != deadline { effects.movesDeadline = true }
        guard hasChanged else { return }
        effects.looksForIdlePeers = true
        var configuration = state.replicator.configuration
        configuration.isDownloading = state.activity.isDownloading
        state.replicator.configure(configuration)
    }

    /// The channels that neither side needs: neither wants the core, and nothing is under way.
    func idleChannels(in state: borrowing CoreState) -> [PeerChannel] {
        guard !state.activity.isDownloading else { return [] }
        var idle: [PeerChannel] = []
        for (peer, channel) in state.peers {
            guard state.remotes[peer]?.isDownloading == false, let status = state.replicator.status(of: peer),
                status.requestCount == 0, status.waitingRequestCount == 0
            else { continue }
            idle.append(channel)
        }
        return idle
    }
}
