import TestSupport
import Testing

@testable import Replication

/// Four cores, links that come and go and are fast or slow, peers that fall silent for a while, commits that fail, pushes,
/// wants that are taken back: in the end everybody has what they wanted, and nothing that is not the writer's.
@Suite struct ChaosTests {
    @Test(arguments: Seeds.upTo(20))
    func everyWantEndsAndEveryLogIsTheWriters(seed: Int) throws {
        var chaos = try Chaos(seed: UInt64(seed))
        for _ in 0..<40 { try chaos.act() }
        try chaos.settle()
        for reader in 1...3 {
            let core = chaos.network.cores[reader]
            chaos.world.expectPart(core.log, "seed \(seed), \(core.name)")
            #expect(core.log.head == chaos.world.truth.head, "seed \(seed), \(core.name)")
            #expect(core.invalidData.isEmpty, "seed \(seed), \(core.name): \(core.invalidData)")
            #expect(core.replicator.approximateByteCount <= 3 * core.replicator.limits.bytesOfPeer, "seed \(seed)")
            for (token, node) in chaos.nodes[reader] ?? [:] {
                let expected = try #require(chaos.world.truth.nodes[node])
                #expect(core.outcomes[token] == .node(expected), "seed \(seed), \(core.name): node \(node)")
            }
            for (token, blocks) in chaos.wants[reader] ?? [:] {
                switch core.outcomes[token] {
                case .stored:
                    #expect(blocks.allSatisfy { core.log.has($0) }, "seed \(seed), \(core.name): \(blocks)")
                case .block(let value):
                    // It may not be stored: it was given out before a commit that failed.
                    #expect(
                        chaos.world.truth.blocks[blocks[0]] == Array(value), "seed \(seed), \(core.name): \(blocks)")
                case let other:
                    Issue.record("seed \(seed), \(core.name): \(blocks) ended with \(String(describing: other))")
                }
            }
        }
        chaos.network.expectSettled()
    }
}

/// One run: core 0 writes, the others read.
private struct Chaos {
    var world: World
    var network: Network
    /// The blocks that each want of a reader is for.
    var wants: [Int: [WantToken: [UInt64]]] = [:]
    /// The node that each want of a reader is for.
    var nodes: [Int: [WantToken: UInt64]] = [:]
    private var links: [Int] = []
    private var generator: SeededGenerator

    init(seed: UInt64) throws {
        generator = SeededGenerator(seed: seed)
        let world = try World(count: Int.random(in: 0...30, using: &generator), seed: seed)
        var takesPushes = ReplicatorConfiguration()
        takesPushes.allowsPush = true
        let readers = (1...3).map { number in
            world.reader(
                "reader \(number)", seed: seed + UInt64(number),
                configuration: number == 3 ? takesPushes : ReplicatorConfiguration())
        }
        self.world = world
        network = Network([world.writer()] + readers, seed: seed)
        if seed.isMultiple(of: 3) {
            var pushes = ReplicatorConfiguration()
            pushes.pushesAppended = true
            network.with(0) { $0.turn { replicator, _, _ in replicator.configure(pushes) } }
        }
        network.failingCommits = seed.isMultiple(of: 2) ? 20 : 0
    }

    mutating func act() throws {
        let reader = Int.random(in: 1...3, using: &generator)
        switch Int.random(in: 0..<14, using: &generator) {
        case 0, 1:
            let values = (0..<Int.random(in: 1...20, using: &generator)).map { generator.bytes($0) }
            try world.truth.append(values, signedBy: world.keyPair)
            let keyPair = world.keyPair
            try network.with(0) { try $0.append(values, signedBy: keyPair) }
        case 2, 3:
            let other = (reader + Int.random(in: 1...3, using: &generator)) % 4
            links.append(network.connect(reader, other, line: line()))
        case 4:
            if let link = links.randomElement(using: &generator) { network.disconnect(link) }
        case 5, 6:
            let block = UInt64.random(in: 0..<world.truth.length + 3, using: &generator)
            let token = network.with(reader) { $0.get(block) }
            // A block that is past the end, and stays so, is not waited for.
            if block < world.truth.length { wants[reader, default: [:]][token] = [block] }
        case 7:
            let start = UInt64.random(in: 0...world.truth.length, using: &generator)
            let end = UInt64.random(in: start...world.truth.length, using: &generator)
            let order: DownloadRange.Order = Bool.random(using: &generator) ? .linear : .random
            let token = network.with(reader) { $0.download(.blocks(start..<end, order: order)) }
            wants[reader, default: [:]][token] = Array(start..<end)
        case 8:
            guard let token = wants[reader]?.keys.sorted(by: { "\($0)" < "\($1)" }).randomElement(using: &generator)
            else { break }
            wants[reader]?[token] = nil
            network.with(reader) { core in
                core.turn { replicator, _, effects in replicator.cancel(token, into: &effects) }
            }
        case 9:
            let silent = Int.random(in: 0...3, using: &generator)
            if network.cores[silent].isStalled {
                network.with(silent) { $0.resume() }
            } else {
                network.cores[silent].isStalled = true
            }
        case 10:
            guard world.truth.length > 0 else { break }
            let node = UInt64.random(in: 0..<2 * world.truth.length - 1, using: &generator)
            guard world.truth.nodes[node] != nil else { break }
            let token = network.with(reader) { core in
                core.turn { replicator, _, effects in replicator.hash(ofNode: node, into: &effects) }
            }
            nodes[reader, default: [:]][token] = node
        case 11:
            let core = Int.random(in: 0...3, using: &generator)
            let block = UInt64.random(in: 0...world.truth.length, using: &generator)
            network.with(core) { core in core.turn { $0.push(block, log: $1, into: &$2) } }
        case 12:
            try network.run(until: network.time + .random(in: 0...30_000, using: &generator))
        default:
            break
        }
        try network.run(events: Int.random(in: 0...30, using: &generator))
    }

    private mutating func line() -> Network.Line {
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: Network.Line()
        case 1: Network.Line(delay: 0...2, bytesPerMillisecond: 1000)
        default: Network.Line(delay: 50...400, bytesPerMillisecond: 2)
        }
    }

    /// Joins every reader to the writer, and waits.
    mutating func settle() throws {
        network.failingCommits = 0
        for core in 0...3 { network.with(core) { $0.resume() } }
        for reader in 1...3 { network.connect(reader, 0) }
        try network.run()
    }
}
