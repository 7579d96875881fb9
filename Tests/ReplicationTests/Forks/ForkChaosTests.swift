import Crypto
import MerkleTree
import TestSupport
import Testing

@testable import Replication

/// A writer that appends and truncates, readers, a liar among them, one that takes pushes, links that come and go and are fast or
/// slow, peers that fall silent for a while, commits that fail: in the end everybody has the writer's last history, and on the
/// way nobody ever had blocks of two.
@Suite struct ForkChaosTests {
    @Test(arguments: Seeds.upTo(10))
    func everybodyEndsInTheLastFork(seed: Int) throws {
        var chaos = try ForkChaos(seed: UInt64(seed))
        for _ in 0..<40 {
            try chaos.act()
            for core in chaos.network.cores { chaos.histories.expectPart(core.log, "seed \(seed), \(core.name)") }
        }
        try chaos.settle()
        let fork = chaos.network.cores[0].log.head.tree.fork
        for core in chaos.network.cores {
            chaos.histories.expectWhole(core.log, fork: fork, "seed \(seed), \(core.name)")
            #expect(chaos.hasLiar || core.invalidData.isEmpty, "seed \(seed), \(core.name): \(core.invalidData)")
            #expect(core.conflicts.isEmpty, "seed \(seed), \(core.name)")
            #expect(core.replicator.flights.count == 0 && !core.replicator.isLookingIntoForks, "seed \(seed)")
            for token in chaos.nodes[core.name] ?? [] {
                guard case .node(let node) = core.outcomes[token] else {
                    Issue.record("seed \(seed), \(core.name): a node ended with \(core.outcomes[token] as Any)")
                    continue
                }
                #expect(chaos.histories.logs.values.contains { $0.nodes[node.index] == node }, "seed \(seed)")
            }
        }
        chaos.network.expectSettled()
    }
}

/// One run: core 0 writes, the others read, and of some runs the last one garbles what it says.
private struct ForkChaos {
    var histories: Histories
    var network: Network
    let hasLiar: Bool
    /// The wants of nodes of each reader.
    private(set) var nodes: [String: [WantToken]] = [:]
    private var links: [Int] = []
    private var generator: SeededGenerator

    init(seed: UInt64) throws {
        generator = SeededGenerator(seed: seed)
        histories = try Histories(length: UInt64.random(in: 0...30, using: &generator))
        let key = histories.key
        var takesPushes = ReplicatorConfiguration()
        takesPushes.allowsPush = true
        let readers = (1...4).map { number in
            TestCore(
                "reader \(number)", key: key, seed: seed + UInt64(number),
                configuration: number == 3 ? takesPushes : ReplicatorConfiguration())
        }
        var pushes = ReplicatorConfiguration()
        pushes.pushesAppended = seed.isMultiple(of: 4)
        network = Network([try histories.core("writer", fork: 0, configuration: pushes)] + readers, seed: seed)
        network.failingCommits = seed.isMultiple(of: 2) ? 20 : 0
        hasLiar = seed.isMultiple(of: 3)
        var lies = SeededGenerator(seed: seed)
        if hasLiar {
            network.tamper = { sender, message in
                guard sender == 4, Int.random(in: 0..<3, using: &lies) == 0 else { return message }
                return message.changingAByte(using: &lies)
            }
        }
        for reader in 1...4 { _ = network.with(reader) { $0.download(.live()) } }
    }

    mutating func act() throws {
        let keyPair = histories.keyPair
        let reader = Int.random(in: 1...4, using: &generator)
        switch Int.random(in: 0..<16, using: &generator) {
        case 0, 1, 2:
            let values = (0..<Int.random(in: 1...20, using: &generator)).map { generator.bytes($0) }
            try network.with(0) { try $0.append(values, signedBy: keyPair) }
        case 3:
            let length = UInt64.random(in: 0...network.cores[0].log.length, using: &generator)
            try network.with(0) { try $0.truncate(to: length, signedBy: keyPair) }
        case 4, 5, 6:
            let other = (reader + Int.random(in: 1...4, using: &generator)) % 5
            links.append(network.connect(reader, other, line: line()))
        case 8:
            let silent = Int.random(in: 0...4, using: &generator)
            if network.cores[silent].isStalled {
                network.with(silent) { $0.resume() }
            } else {
                network.cores[silent].isStalled = true
            }
        case 9:
            let block = UInt64.random(in: 0...network.cores[0].log.length, using: &generator)
            network.with(Int.random(in: 0...4, using: &generator)) { core in
                core.turn { $0.push(block, log: $1, into: &$2) }
            }
        case 10:
            // There is always such a node in the end.
            let node = UInt64.random(in: 0...2, using: &generator)
            let token = network.with(reader) { core in
                core.turn { replicator, _, effects in replicator.hash(ofNode: node, into: &effects) }
            }
            nodes["reader \(reader)", default: []].append(token)
        case 11:
            try network.run(until: network.time + .random(in: 0...30_000, using: &generator))
        case 7:
            if let link = links.randomElement(using: &generator) { network.disconnect(link) }
        default:
            _ = network.with(reader) { $0.get(UInt64.random(in: 0..<40, using: &generator)) }
        }
        histories.record(network.cores[0].log)
        try network.run(events: Int.random(in: 0...30, using: &generator))
    }

    private mutating func line() -> Network.Line {
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: Network.Line()
        case 1: Network.Line(delay: 0...2, bytesPerMillisecond: 1000)
        default: Network.Line(delay: 50...400, bytesPerMillisecond: 2)
        }
    }

    /// Joins every reader to the writer, who has something to say, and waits.
    mutating func settle() throws {
        network.failingCommits = 0
        network.tamper = { $1 }
        for core in 0...4 { network.with(core) { $0.resume() } }
        for link in links { network.disconnect(link) }
        let keyPair = histories.keyPair
        try network.with(0) { try $0.append([[1], [2]], signedBy: keyPair) }
        histories.record(network.cores[0].log)
        for reader in 1...4 { network.connect(reader, 0) }
        try network.run()
    }
}
