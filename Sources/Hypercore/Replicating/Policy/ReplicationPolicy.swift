import Replication
import Synchronization

/// How a log replicates, for all of its sessions, until nobody has it open any more.
///
/// ```swift
/// var policy = ReplicationPolicy()
/// policy.pushesAppended = true
/// try log.setReplicationPolicy(policy)
/// ```
public struct ReplicationPolicy: Hashable, Sendable {
    /// Whether the log follows a peer to a higher fork: what the two histories do not share is cut off then. Where it is not
    /// followed, an event tells of the fork (``CoreEvent/forkIgnored(fork:from:)``). An empty log is begun in any fork.
    public var followsForks = true
    /// Whether a longer log is learnt of as soon as a peer has one; else only by ``Hypercore/update(options:)`` and where
    /// something past the end is waited for.
    public var upgradesEagerly = true
    /// Whether peers may send blocks that were not asked for. They are verified like all others (PROTOCOL §7, Push).
    public var allowsPush = false
    /// Whether nothing is asked of peers, so that only what they push is taken.
    public var isPushOnly = false
    /// Whether every block that is appended is sent at once to the peers that allow it.
    public var pushesAppended = false

    /// The protocol's defaults.
    public init() {}
}

extension ReplicationPolicy {
    init(_ configuration: ReplicatorConfiguration) {
        followsForks = configuration.allowsForks
        upgradesEagerly = configuration.upgradesEagerly
        allowsPush = configuration.allowsPush
        isPushOnly = configuration.isPushOnly
        pushesAppended = configuration.pushesAppended
    }

    func apply(to configuration: inout ReplicatorConfiguration) {
        configuration.allowsForks = followsForks
        configuration.upgradesEagerly = upgradesEagerly
        configuration.allowsPush = allowsPush
        configuration.isPushOnly = isPushOnly
        configuration.pushesAppended = pushesAppended
    }
}

extension Hypercore {
    /// How the log replicates.
    public var replicationPolicy: ReplicationPolicy {
        core.state.withLock { ReplicationPolicy($0.replication) }
    }

    /// Changes how the log replicates, for all of its sessions; it is not stored.
    ///
    /// - Throws: `.closed`; `.notWritable` in a store that was opened read-only, which takes nothing from peers.
    public func setReplicationPolicy(_ policy: ReplicationPolicy) throws {
        try requireOpen()
        _ = try core.requireWriter()
        core.turn { state, _ in state.configureReplication(policy.apply) }
    }
}

// MARK: - Pushing

extension Hypercore {
    /// Sends block `index` to peers that have not asked for it: those that allow it, want blocks, and are not known to have it.
    ///
    /// - Parameters:
    ///   - index: the block.
    ///   - peers: whom it is sent to; `nil` for all.
    /// - Returns: whether it is here, so that it can be sent.
    /// - Throws: `.closed`, `.damaged`, `.storage`.
    @discardableResult
    public func push(_ index: UInt64, to peers: [RemotePeer]? = nil) throws -> Bool {
        try requireOpen()
        try requireMainLine()
        guard try core.has(index) else { return false }
        core.turn { state, effects in
            state.machine?.replicator.push(
                index, to: peers?.map(\.channel.peer), log: CoreLogView(core, state), into: &effects.replication)
        }
        return true
    }
}
