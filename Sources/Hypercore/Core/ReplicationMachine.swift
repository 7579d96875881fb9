import Crypto
import Replication

/// The replication protocol's state for one log.
///
/// It is made for the first peer, or for the first who waits for one: most logs of a large store have neither while they are
/// open, and it is larger than all else that is known of such a log (`open-1000-seq`, `rss-1000-cores-open`). Until then there
/// is nothing that it would have to be told; when it is made, it sees the log as it is then.
///
/// A class, so that a log without one has no room for it, and not `Sendable`: it belongs to the core's state and is touched
/// only under the core's lock.
final class ReplicationMachine {
    var replicator: Replicator

    init(_ replicator: consuming Replicator) {
        self.replicator = replicator
    }
}

extension Core {
    /// What replicates the log; it is made where there is none yet.
    func machine(of state: inout CoreState) -> ReplicationMachine {
        state.machine(orMake: { configuration, isFrozen in
            Replicator(
                key: key, configuration: configuration, limits: registry.limits, isFrozen: isFrozen,
                seed: registry.makeSeed())
        })
    }
}
