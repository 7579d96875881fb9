import Crypto
import Protomux
import Synchronization

extension CoreRegistry {
    /// Replicates over `stream`: all cores that are wanted now or later, and the stored ones that the other side asks for.
    /// Handing over the same stream again changes nothing.
    ///
    /// A core is wanted while it has an active session (``SessionOptions/isActive``). Its channel is closed once neither
    /// side wants the core any more, and opened again when that changes.
    public func replicate(on stream: ReplicationStream) {
        stream.provide(from: self)
    }
}

extension ReplicationStream {
    /// Replicates the cores of `registry`.
    func provide(from registry: CoreRegistry) {
        let watcher = CoreRegistry.Watcher(
            wanted: { [weak self] core in
                guard let self, core.registry.retainAgain(core) else { return }
                attach(retained: core)
            },
            closed: { [weak self] in self?.close() })
        guard let watch = registry.watch(watcher) else { return close() }
        guard state.withLock({ $0.setProvider(CoreProvider(registry: registry, watch: watch)) }) else {
            return registry.unwatch(watch)
        }
        for core in registry.retainOpenCores() {
            guard core.isWanted else {
                registry.release(core)
                continue
            }
            attach(retained: core)
        }
    }

    /// Replicates `core`, which the caller has retained for it.
    ///
    /// - Parameter isAnswer: whether this answers an open of the other side.
    func attach(retained core: Core, isAnswer: Bool = false) {
        guard let arrivals = state.withLock({ $0.open(core, isAnswer: isAnswer, on: self) }) else {
            return core.registry.release(core)
        }
        act(on: arrivals)
        flush()
    }

    /// Opens the core that the other side asks for, if it is stored here; otherwise says no.
    func answerCore(_ request: PairRequest) {
        guard CoreChannels.discoveryKey(request) != nil else {
            return fail(ReplicationError(.protocolViolation, "a core was opened by an id that is not 32 bytes"))
        }
        if let (registry, key) = state.withLock({ $0.provider(of: request, now: configuration.clock()) }) {
            do {
                if let core = try registry.retainStored(key) { attach(retained: core, isAnswer: true) }
            } catch {
                // The other side is told no more than that the core is not to be had here; the store's own users see why.
            }
        }
        if let late = state.withLock({ $0.finishAnswering(request) }) { attach(retained: late) }
    }
}

// MARK: - Closing

extension ReplicationStream {
    /// Why a core lets go of a channel.
    enum ChannelClosure {
        /// Neither side wants the core any more.
        case unwanted
        /// The core has ended, or is frozen.
        case ended
        /// What the other side sent cannot be stored. The channel is opened again after a while.
        case failed
    }

    /// Closes a channel of ours.
    func close(_ channel: PeerChannel, because closure: ChannelClosure) {
        // What was said under the core's lock may have been overtaken since.
        guard closure != .unwanted || channel.core.isIdle(channel) else { return }
        let isClosed = state.withLock { state in
            guard state.close(channel) else { return false }
            if closure == .failed {
                state.cores.reopening.failed(channel.core.discoveryKey, now: configuration.clock())
            }
            return true
        }
        guard isClosed else { return }
        channel.core.peerClosed(channel, .closedHere)
        flush()
        reschedule()
        // A session that was opened a moment ago found the channel that was about to close.
        let core = channel.core
        guard closure == .unwanted, core.isDownloading, core.registry.retainAgain(core) else { return }
        attach(retained: core)
    }

    /// The other side has closed a channel, or did not want it.
    func closed(_ channel: PeerChannel, _ closure: Multiplexer.Closure) {
        // Retained for the next channel before the last lets go of it.
        let isRetained = channel.core.registry.retainAgain(channel.core)
        let reopens = channel.core.peerClosed(channel, closure == .rejected ? .refused : .closedThere)
        guard isRetained else { return }
        guard reopens else { return channel.core.registry.release(channel.core) }
        attach(retained: channel.core)
    }

    /// Opens again the cores whose channels were closed because something failed, if they are still open here.
    func reopenWhatIsDue() {
        let (due, registry) = state.withLock { state in
            (state.cores.reopening.takeDue(now: configuration.clock()), state.cores.provider?.registry)
        }
        guard let registry, !due.isEmpty else { return }
        let dueKeys = Set(due)
        for core in registry.retainOpenCores() {
            guard dueKeys.contains(core.discoveryKey) else {
                registry.release(core)
                continue
            }
            attach(retained: core)
        }
    }
}
