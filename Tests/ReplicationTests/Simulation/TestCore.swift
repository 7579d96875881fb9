import Crypto
import MerkleTree
import Replication
import TestSupport

/// What a core was handed out to store.
enum StoredChange {
    case batch(VerifiedBatch)
    case reorganization(Reorganization)
}

/// A replicator with its log, driven as its documentation asks, in one thread and without a clock.
struct TestCore {
    let name: String
    let key: CoreKey
    var log: TestLog
    var replicator: Replicator
    /// How the wants have ended.
    private(set) var outcomes: [WantToken: WantOutcome] = [:]
    private(set) var events: [ReplicationEvent] = []
    private(set) var commits: [(id: CommitID, change: StoredChange)] = []
    /// The moves to other forks that were stored.
    private(set) var reorganizations: [Reorganization] = []
    private(set) var conflicts: [HistoryConflict] = []
    /// Channels that were asked to be closed.
    private(set) var closedChannels: [PeerID] = []
    /// What is to be sent, in order.
    private(set) var outbox: [(peer: PeerID, message: WireMessage)] = []
    private(set) var closed: [(peer: PeerID, fault: PeerFault)] = []
    /// Channels that may be closed, and that are to be opened again; how often channels were asked for.
    private(set) var idle: [PeerID] = []
    private(set) var reopened: [PeerID] = []
    private(set) var channelsWantedCount = 0
    private(set) var now: Milliseconds = 0
    /// Whether peers' requests wait, as if no stream of this core ever drained.
    var isStalled = false

    init(
        _ name: String, key: CoreKey, log: TestLog = TestLog(), seed: UInt64 = 1,
        configuration: ReplicatorConfiguration = ReplicatorConfiguration(),
        limits: ReplicationLimits = ReplicationLimits(), isFrozen: Bool = false
    ) {
        self.name = name
        self.key = key
        self.log = log
        replicator = Replicator(key: key, configuration: configuration, limits: limits, isFrozen: isFrozen, seed: seed)
    }
}

// MARK: - Turns

extension TestCore {
    /// One turn: what `body` does, a flush, and all effects but those that need the outside.
    @discardableResult
    mutating func turn<Result>(_ body: (inout Replicator, TestLog, inout Effects) throws -> Result) rethrows -> Result {
        var effects = Effects()
        let result = try body(&replicator, log, &effects)
        replicator.flush(log: log, now: now, into: &effects)
        carryOut(effects.take())
        return result
    }

    mutating func receive(_ messages: [WireMessage], from peer: PeerID) {
        let now = now
        turn { replicator, log, effects in
            for message in messages {
                replicator.receive(message, from: peer, log: log, now: now, into: &effects)
            }
        }
    }

    mutating func open(_ peer: PeerID, supportsSeeks: Bool = true) {
        turn { $0.peerOpened(peer, supportsSeeks: supportsSeeks, log: $1, into: &$2) }
    }

    mutating func close(_ peer: PeerID, byRemote: Bool = false) {
        turn { replicator, _, effects in replicator.peerClosed(peer, byRemote: byRemote, into: &effects) }
        outbox.removeAll { $0.peer == peer }
    }

    mutating func get(_ block: UInt64) -> WantToken {
        turn { $0.get(block, log: $1, into: &$2) }
    }

    mutating func download(_ range: DownloadRange) -> WantToken {
        turn { $0.download(range, log: $1, into: &$2) }
    }

    /// Sets the clock, without ticks.
    mutating func setClock(_ time: Milliseconds) { now = max(now, time) }

    /// Lets time pass, with the ticks that are due.
    mutating func advance(by milliseconds: Milliseconds) {
        now += milliseconds
        let now = now
        var ticks = 0
        while let deadline = replicator.nextDeadline, deadline <= now, ticks < 10_000 {
            turn { replicator, _, effects in replicator.tick(now: now, into: &effects) }
            ticks += 1
        }
    }

    mutating func append(_ values: [[UInt8]], signedBy keyPair: KeyPair) throws {
        let oldLength = log.length
        try log.append(values, signedBy: keyPair)
        turn { $0.localChanged(.appended(oldLength: oldLength), log: $1, into: &$2) }
    }

    mutating func truncate(to length: UInt64, signedBy keyPair: KeyPair) throws {
        let oldLength = log.length
        try log.truncate(to: length, signedBy: keyPair)
        turn { $0.localChanged(.truncated(oldLength: oldLength), log: $1, into: &$2) }
    }

    mutating func clear(_ range: Range<UInt64>) {
        log.clear(range)
        turn { $0.localChanged(.cleared(range), log: $1, into: &$2) }
    }

    /// Stores the oldest batch that was handed out, or fails to.
    mutating func finishCommit(succeeds: Bool = true) throws {
        guard !commits.isEmpty else { return }
        let (id, change) = commits.removeFirst()
        if try succeeds && store(change) {
            turn { $0.committed(id, log: $1, into: &$2) }
        } else {
            turn { replicator, _, effects in replicator.failed(id, into: &effects) }
        }
    }

    private mutating func store(_ change: StoredChange) throws -> Bool {
        switch change {
        case .batch(let batch): return try log.store(batch, key: key)
        case .reorganization(let change):
            guard try log.store(change) else { return false }
            reorganizations.append(change)
            return true
        }
    }

    mutating func takeOutbox() -> [(peer: PeerID, message: WireMessage)] {
        defer { outbox = [] }
        return outbox
    }
}

// MARK: - Effects

extension TestCore {
    private mutating func carryOut(_ effects: [Effect]) {
        var queue = effects
        while !queue.isEmpty {
            let effect = queue.removeFirst()
            switch effect {
            case .send(let peer, let message): outbox.append((peer, message))
            case .commit(let id, let batch): commits.append((id, .batch(batch)))
            case .reorganize(let id, let change): commits.append((id, .reorganization(change)))
            case .conflict(let conflict): conflicts.append(conflict)
            case .closeChannel(let peer): closedChannels.append(peer)
            case .answersReady(let peer): queue = answer(peer) + queue
            case .finished(let token, let outcome):
                precondition(outcomes[token] == nil, "\(name): \(token) has ended twice")
                outcomes[token] = outcome
            case .destroyStream(let peer, let fault): closed.append((peer, fault))
            case .channelIdle(let peer): idle.append(peer)
            case .reopenChannel(let peer): reopened.append(peer)
            case .channelsWanted: channelsWantedCount += 1
            case .event(let event): events.append(event)
            }
        }
    }

    /// Answers what has waited while this core was stalled.
    mutating func resume() {
        isStalled = false
        for peer in replicator.openPeers { carryOut(answer(peer)) }
    }

    /// Answers the peer's requests, as if its stream were always drained.
    private mutating func answer(_ peer: PeerID) -> [Effect] {
        var effects = Effects()
        if isStalled { return [] }
        while let answer = replicator.nextAnswer(for: peer, log: log, into: &effects) {
            replicator.answered(answer, with: proof(for: answer), log: log, now: now, into: &effects)
        }
        return effects.take()
    }

    private func proof(for answer: Answer) -> Result<Proof, AnswerFailure> {
        guard answer.fork == log.head.tree.fork else { return .failure(.notAvailable) }
        do {
            return .success(try log.proof(of: answer.parts))
        } catch let error as TreeError where error.code == .invalidOperation {
            return .failure(.invalidRequest)
        } catch {
            return .failure(.notAvailable)
        }
    }
}
