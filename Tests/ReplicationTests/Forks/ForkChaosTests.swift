import MerkleTree
import Replication
import TestSupport
import Testing

/// A writer that appends and truncates, readers, a liar among them, links that come and go, commits that fail: in the end
/// everybody has the writer's last history, and on the way nobody ever had blocks of two.
@Suite struct ForkChaosTests {
    @Test(arguments: Seeds.upTo(24))
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
        }
        chaos.network.expectSettled()
    }
}

/// One run: core 0 writes, the others read, and of some runs the last one garbles what it says.
private struct ForkChaos {
    var histories: Histories
    var network: Network
    let hasLiar: Bool
    private var links: [Int] = []
    private var generator: SeededGenerator

    init(seed: UInt64) throws {
        generator = SeededGenerator(seed: seed)
        histories = try Histories(length: UInt64.random(in: 0...30, using: &generator))
        let key = histories.key
        let readers = (1...4).map { TestCore("reader \($0)", key: key, seed: seed + UInt64($0)) }
        network = Network([try histories.core("writer", fork: 0)] + readers, seed: seed)
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
        switch Int.random(in: 0..<10, using: &generator) {
        case 0, 1, 2:
            let values = (0..<Int.random(in: 1...20, using: &generator)).map { generator.bytes($0) }
            try network.with(0) { try $0.append(values, signedBy: keyPair) }
        case 3:
            let length = UInt64.random(in: 0...network.cores[0].log.length, using: &generator)
            try network.with(0) { try $0.truncate(to: length, signedBy: keyPair) }
        case 4, 5, 6:
            let other = (reader + Int.random(in: 1...4, using: &generator)) % 5
            links.append(network.connect(reader, other))
        case 7:
            if let link = links.randomElement(using: &generator) { network.disconnect(link) }
        default:
            _ = network.with(reader) { $0.get(UInt64.random(in: 0..<40, using: &generator)) }
        }
        histories.record(network.cores[0].log)
        try network.run(events: Int.random(in: 0...30, using: &generator))
    }

    /// Joins every reader to the writer, who has something to say, and waits.
    mutating func settle() throws {
        network.failingCommits = 0
        network.tamper = { $1 }
        for link in links { network.disconnect(link) }
        let keyPair = histories.keyPair
        try network.with(0) { try $0.append([[1], [2]], signedBy: keyPair) }
        histories.record(network.cores[0].log)
        for reader in 1...4 { network.connect(reader, 0) }
        try network.run()
    }
}
