import Crypto
import HypercoreStorage
import Replication
import SecretStream
import StorageEngine
import Synchronization
import TestSupport
import Testing

@testable import Hypercore

/// Stores that are joined by connections, under one time and out of one seed: the shipped log, streams, ciphers and
/// multiplexers, with nothing replaced but sockets, clock and randomness. The same seed leads to the same run.
final class SimulatedWorld {
    /// A store, and the log in it.
    final class Node {
        let name: String
        let engine: any StorageEngine
        fileprivate(set) var store: TestStore
        fileprivate(set) var log: Hypercore
        fileprivate(set) var following: Download?

        fileprivate init(_ name: String, _ engine: any StorageEngine, _ store: TestStore, _ log: Hypercore) {
            (self.name, self.engine, self.store, self.log) = (name, engine, store, log)
        }
    }

    let seed: UInt64
    private(set) var generator: SeededGenerator
    let clock = ManualClock()
    private(set) var nodes: [Node] = []
    private(set) var links: [SimulatedLink] = []
    /// What the writer has appended, in each fork: the truth that every copy is held against.
    private(set) var histories: [[[UInt8]]] = [[]]

    init(seed: UInt64) {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
    }

    var writer: Node { nodes[0] }
    var history: [[UInt8]] { histories[histories.count - 1] }

    func random(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

    // MARK: Nodes

    /// Adds a store; the first one signs the log.
    @discardableResult
    func addNode() async throws -> Node {
        let engine = MemoryEngine(tables: TestStore.tables)
        let store = try makeStore(engine)
        let log = try await nodes.isEmpty ? store.writable() : store.reader(of: TestStore.key())
        let node = Node(nodes.isEmpty ? "writer" : "reader \(nodes.count)", engine, store, log)
        nodes.append(node)
        return node
    }

    private func makeStore(_ engine: any StorageEngine) throws -> TestStore {
        let seeds = Mutex(SeededGenerator(seed: generator.next()))
        return try TestStore(
            engine, clock: { [clock] in clock.now }, makeSeed: { seeds.withLock { $0.next() } })
    }

    /// A process is killed: what was not committed is lost, its connections break, and it begins again.
    func restart(_ node: Node) async throws {
        for link in links where touches(link, node) { link.cut() }
        links.removeAll(where: \.isCut)
        node.store.registry.close()
        await node.store.writer?.close()
        node.store = try makeStore(node.engine)
        node.log = try await node === writer ? node.store.writable() : node.store.reader(of: TestStore.key())
        node.following = nil
    }

    /// Has a node fetch all there is and will be.
    func follow(_ node: Node) throws {
        guard node.following == nil else { return }
        node.following = try node.log.download(.live(order: .random))
    }

    /// Ends that. A download does not bring again what was cleared while it went on.
    func unfollow(_ node: Node) {
        node.following?.cancel()
        node.following = nil
    }

    // MARK: The network

    func connect(_ first: Node, _ second: Node, byteLimit: Int = .max) {
        let streams = (makeStream(.initiator), makeStream(.responder))
        first.store.registry.replicate(on: streams.0)
        second.store.registry.replicate(on: streams.1)
        join(streams.0, streams.1, byteLimit: byteLimit)
        owners[ObjectIdentifier(streams.0)] = first
        owners[ObjectIdentifier(streams.1)] = second
    }

    /// Joins a node and a peer that the test plays.
    func connect(_ node: Node, to peer: ScriptedPeer) {
        let stream = makeStream(.initiator)
        node.store.registry.replicate(on: stream)
        join(stream, peer, byteLimit: .max)
        owners[ObjectIdentifier(stream)] = node
    }

    private var owners: [ObjectIdentifier: Node] = [:]

    private func touches(_ link: SimulatedLink, _ node: Node) -> Bool {
        [link.ends.first, link.ends.second].contains { owners[ObjectIdentifier($0)] === node }
    }

    private func makeStream(_ role: StreamRole) -> ReplicationStream {
        var configuration = ReplicationStream.Configuration()
        configuration.clock = { [clock] in clock.now }
        let entropy = StreamEntropy(
            reproducibleForTestingOnly: SecretBytes(copying: bytes(32)), header: bytes(StreamEntropy.headerByteCount))
        return ReplicationStream(
            role: role, keyPair: KeyPair(seed: SecretBytes(copying: bytes(32))), configuration: configuration,
            entropy: entropy)
    }

    private func join(_ first: any SimulatedEnd, _ second: any SimulatedEnd, byteLimit: Int) {
        let latency = Duration.milliseconds([0, 1, 5, 40, 200][random(0..<5)])
        links.append(SimulatedLink(first, second, latency: latency, byteLimit: byteLimit))
    }

    private func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(random(0..<256)) } }

    func cut(_ link: SimulatedLink) {
        link.cut()
        links.removeAll(where: \.isCut)
    }

    func cutAll() {
        for link in links { link.cut() }
        links = []
    }

    /// Lets time pass, with all that arrives and falls due on the way.
    func advance(by time: Duration) {
        let target = clock.now + time
        for link in links { link.collect(now: clock.now) }
        while let due = links.compactMap(\.nextDue).min(), due <= target {
            clock.move(to: due)
            for link in links { link.advance(to: clock.now) }
            // What one connection has brought may have been passed on over any other.
            for link in links { link.collect(now: clock.now) }
            links.removeAll(where: \.isCut)
        }
        clock.move(to: target)
    }

    // MARK: The log

    func append() async throws {
        let blocks = (0..<random(1..<6)).map { _ in bytes(random(0..<10) == 0 ? random(0..<3000) : random(0..<40)) }
        try await writer.log.append(contentsOf: blocks)
        histories[histories.count - 1] += blocks
    }

    func truncate() async throws {
        let length = random(0..<history.count + 1)
        try await writer.log.truncate(to: UInt64(length))
        histories.append(Array(history.prefix(length)))
    }

    // MARK: What must hold

    /// Nothing but what the writer has signed is anywhere, in its place and in its fork.
    func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
        for node in nodes {
            let (log, fork) = (node.log, Int(node.log.fork))
            guard fork < histories.count else {
                Issue.record("seed \(seed): \(node.name) is in fork \(fork)", sourceLocation: sourceLocation)
                continue
            }
            let history = histories[fork]
            #expect(log.length <= history.count, "seed \(seed): \(node.name)", sourceLocation: sourceLocation)
            for index in 0..<Int(min(log.length, UInt64(history.count))) {
                guard let block = try log.read(UInt64(index)) else { continue }
                #expect(
                    block == history[index], "seed \(seed): block \(index) of \(node.name)",
                    sourceLocation: sourceLocation)
            }
        }
    }

    /// The node has all that the writer has.
    func checkComplete(_ node: Node, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let log = node.log
        #expect(
            log.fork == writer.log.fork && log.length == writer.log.length && log.contiguousLength == log.length,
            "seed \(seed): \(node.name) has \(log.contiguousLength) of \(log.length) in fork \(log.fork); the writer \(writer.log.length) in \(writer.log.fork)",
            sourceLocation: sourceLocation)
        #expect(try log.treeHash() == writer.log.treeHash(), sourceLocation: sourceLocation)
    }
}
