import Replication
import Synchronization

// Whether a log is wanted here, which the machine tells peers and closes channels by (PROTOCOL §7, Idling).

extension Core {
    /// Whether the log is to have a channel on every stream there is.
    var isWanted: Bool { state.withLock { $0.activeSessionCount > 0 || $0.isDownloading } }

    /// Whether peers are told that the log is wanted.
    var isDownloading: Bool { state.withLock { $0.isDownloading } }

    /// Whether neither side wants the log over a channel.
    func isIdle(_ channel: PeerChannel) -> Bool {
        state.withLock { $0.machine?.replicator.isIdle(channel.peer) ?? false }
    }

    /// An active session was opened: the first one brings the log to all streams.
    func beginActivity() {
        var isFirst = false
        turn { state, _ in
            state.activeSessionCount += 1
            isFirst = state.activeSessionCount == 1
            if isFirst { setDownloading(true, in: &state) }
        }
        // In a store that was opened read-only the machine never asks for channels; the log is served all the same.
        if isFirst { registry.tellWanted(self) }
    }

    /// An active session was closed.
    func endActivity() {
        turn { state, _ in
            state.activeSessionCount -= 1
            if state.activeSessionCount == 0 { setDownloading(false, in: &state) }
        }
    }

    private func setDownloading(_ isDownloading: Bool, in state: inout CoreState) {
        // A store that was opened read-only cannot keep what it is brought.
        guard writer != nil else { return }
        state.configureReplication { $0.isDownloading = isDownloading }
    }
}
