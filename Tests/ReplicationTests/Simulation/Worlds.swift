import Crypto
import Manifest
import MerkleTree
import Replication
import TestSupport
import Testing

/// A writer's key and what it wrote, and cores to hold it.
struct World {
    let keyPair: KeyPair
    var key: CoreKey
    /// The writer's whole log: what every other log is a part of.
    var truth: TestLog

    init(blocks: [[UInt8]] = []) throws {
        keyPair = KeyPair(seed: SecretBytes(copying: [UInt8](repeating: 7, count: 32)))
        truth = TestLog(writtenBy: keyPair)
        key = CoreManifest(singleSigner: keyPair.publicKey).key
        if !blocks.isEmpty { try truth.append(blocks, signedBy: keyPair) }
    }

    /// A world of `count` blocks of up to 40 bytes, some of them empty.
    init(count: Int, seed: UInt64 = 1) throws {
        var generator = SeededGenerator(seed: seed)
        try self.init(
            blocks: (0..<count).map { _ in generator.bytes(Int.random(in: 0...40, using: &generator)) })
    }

    init(keyPair: KeyPair, key: CoreKey, truth: TestLog) {
        self.keyPair = keyPair
        self.key = key
        self.truth = truth
    }

    /// Makes it a world from before manifests: the key is the writer's own.
    mutating func makeCompat() {
        key = CoreKey(keyPair.publicKey.bytes)
        truth.authority = TreeAuthority(assumedFor: key)
    }

    func writer(_ name: String = "writer", limits: ReplicationLimits = ReplicationLimits()) -> TestCore {
        TestCore(name, key: key, log: truth, limits: limits)
    }

    func reader(
        _ name: String = "reader", seed: UInt64 = 2,
        configuration: ReplicatorConfiguration = ReplicatorConfiguration(),
        limits: ReplicationLimits = ReplicationLimits()
    ) -> TestCore {
        TestCore(name, key: key, seed: seed, configuration: configuration, limits: limits)
    }

    /// A core that holds the whole tree, and only some of the blocks.
    func holder(_ name: String, of isHeld: (UInt64) -> Bool) -> TestCore {
        var log = truth
        for block in 0..<truth.length where !isHeld(block) {
            log.clear(block..<block + 1)
        }
        return TestCore(name, key: key, log: log, seed: 3)
    }

    /// That everything in a log is the writer's.
    func expectPart(_ log: TestLog, _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation) {
        for (index, block) in log.blocks where truth.blocks[index] != block {
            Issue.record("\(comment): block \(index) is not the writer's", sourceLocation: sourceLocation)
        }
        for (index, node) in log.nodes where truth.nodes[index] != node {
            Issue.record("\(comment): node \(index) is not the writer's", sourceLocation: sourceLocation)
        }
    }

    /// That a log is the writer's, whole.
    func expectWhole(_ log: TestLog, _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation) {
        expectPart(log, comment, sourceLocation: sourceLocation)
        #expect(log.head == truth.head, comment, sourceLocation: sourceLocation)
        #expect(log.contiguousLength == truth.length, comment, sourceLocation: sourceLocation)
    }
}
