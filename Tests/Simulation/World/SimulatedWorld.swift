import CompactEncoding
import Corestore
import Crypto
import Hypercore
import Replication
import SecretStream
import StorageEngine
import Synchronization
import TestSupport

/// Stores that are joined by connections, under one time and out of one seed: the shipped stores, logs, ciphers and
/// multiplexers, with nothing replaced but sockets, clock, randomness and disks. The same seed leads to the same run.
public final class SimulatedWorld {
    public let seed: UInt64
    var generator: SeededGenerator
    let clock = SimulatedClock()
    var nodes: [SimulatedNode] = []
    var truths: [Truth] = []
    var links: [SimulatedLink] = []
    /// Which node an end of a connection belongs to.
    var owners: [ObjectIdentifier: Int] = [:]
    /// The side of a network split that each node is on.
    var sides: [Int] = []
    var hostile: [MaliciousPeer] = []
    /// What has to be gone when the run is over.
    var mortal: [Mortal] = []

    /// What happens in a run.
    public struct Plan: Sendable {
        /// How many things happen.
        public var steps = 60
        /// Whether there are peers that say anything at all.
        public var hasMaliciousPeers = false
        /// Whether disks fail.
        public var hasFailingDisks = false
        /// Whether one of the logs is signed by two stores, which makes two histories of it.
        public var hasConflict = false

        public init() {}
    }

    public init(seed: UInt64) {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
    }

    func random(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }
    func chance(_ one: Int) -> Bool { random(0..<one) == 0 }
    func bytes(_ count: Int) -> [UInt8] { generator.bytes(count) }

    func violation(_ what: String) -> Violation { Violation(seed: seed, what: what) }

    // MARK: Stores and logs

    /// Makes the stores and logs of a run. Log 0 has a twin where there is to be a conflict: store 1 signs it as well.
    func populate(_ plan: Plan) async throws {
        let (nodeCount, logCount) = (random(3..<7), random(1..<4))
        // The first two are the twins, and derive the same keys.
        let keys = (0..<nodeCount).map { _ in Bytes32(bytes(32)) }
        for node in 0..<nodeCount {
            var options = CorestoreOptions(durability: .relaxed)
            options.primaryKey = plan.hasConflict && node == 1 ? keys[0] : keys[node]
            options.unsafe = true
            options.environment.clock = { [clock] in clock.now }
            let seeds = Mutex(SeededGenerator(seed: generator.next()))
            options.environment.makeSeed = { seeds.withLock { $0.next() } }
            nodes.append(try await SimulatedNode("store \(node)", options: options, logCount: logCount))
            note(nodes[node].store, nodes[node].name)
        }
        sides = Array(repeating: 0, count: nodeCount)
        for log in 0..<logCount {
            let session = try await nodes[writer(of: log)].store.get(name: "log \(log)")
            nodes[writer(of: log)].logs[log] = session
            truths.append(
                Truth(name: "log \(log)", key: session.key, writerCount: plan.hasConflict && log == 0 ? 2 : 1))
            try await append(to: log)
        }
        for node in nodes.indices {
            for log in truths.indices where chance(2) { try await follow(log, at: node) }
        }
    }

    /// The store that signs a log.
    func writer(of log: Int) -> Int { log == 0 ? 0 : (log + 1) % nodes.count }

    /// Which history of a log a store writes; `nil` where it only reads.
    func history(of log: Int, at node: Int) -> Int? {
        if writer(of: log) == node { return 0 }
        return log == 0 && truths[0].isForked && node == 1 ? 1 : nil
    }

    /// The node's session of a log, opened where it has none.
    func session(of log: Int, at node: Int) async throws -> Hypercore {
        if let open = nodes[node].logs[log] { return open }
        let isWriter = history(of: log, at: node) != nil
        let session =
            try await isWriter
            ? nodes[node].store.get(name: truths[log].name) : nodes[node].store.get(key: truths[log].key)
        nodes[node].logs[log] = note(session, "\(truths[log].name) at \(nodes[node].name)")
        return session
    }

    /// Has a node fetch all there is and will be of a log.
    func follow(_ log: Int, at node: Int) async throws {
        guard nodes[node].following[log] == nil, history(of: log, at: node) == nil else { return }
        let session = try await session(of: log, at: node)
        nodes[node].following[log] = try session.download(.live(order: chance(2) ? .random : .linear))
    }

    func append(to log: Int, by node: Int? = nil) async throws {
        let node = node ?? writer(of: log)
        guard let history = history(of: log, at: node) else { return }
        let blocks = (0..<random(1..<6)).map { _ in bytes(chance(10) ? random(0..<3000) : random(0..<40)) }
        let session = try await session(of: log, at: node)
        do {
            try await session.append(contentsOf: blocks)
            truths[log].append(blocks, by: history)
        } catch let error as HypercoreError where isExpected(error, of: log) {}
    }

    func truncate(_ log: Int) async throws {
        let length = random(0..<truths[log].blocks().count + 1)
        let session = try await session(of: log, at: writer(of: log))
        do {
            try await session.truncate(to: UInt64(length))
            truths[log].truncate(to: length)
        } catch let error as HypercoreError where isExpected(error, of: log) {}
    }

    /// Whether a change may fail so: the disk does, or there are two histories.
    private func isExpected(_ error: HypercoreError, of log: Int) -> Bool {
        error.code == .storage || truths[log].isForked && [.frozen, .appendingStopped].contains(error.code)
    }
}
