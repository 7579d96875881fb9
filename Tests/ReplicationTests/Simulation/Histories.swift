import Crypto
import Manifest
import MerkleTree
import Replication
import Testing

/// The histories that one writer has signed, by their forks, and cores to hold them.
struct Histories {
    let world: World
    private(set) var logs: [UInt64: TestLog] = [:]

    var key: CoreKey { world.key }
    var keyPair: KeyPair { world.keyPair }

    /// One history of `length` blocks, in fork 0 or another.
    init(length: UInt64, fork: UInt64 = 0) throws {
        world = try World()
        logs[fork] = try history(fork: fork, length: length)
    }

    /// A history without one that it comes from.
    func history(fork: UInt64, length: UInt64) throws -> TestLog {
        var log = world.truth
        if fork > 0 { try log.truncate(to: 0, fork: fork, signedBy: keyPair) }
        if length > 0 { try log.append((0..<length).map { block($0, fork: fork) }, signedBy: keyPair) }
        return log
    }

    /// Adds a history that shares its first `kept` blocks with that of the fork `base`.
    mutating func add(fork: UInt64, keeping kept: UInt64, of base: UInt64 = 0, length: UInt64) throws {
        var log = try #require(logs[base])
        try log.truncate(to: kept, fork: fork, signedBy: keyPair)
        if length > kept { try log.append((kept..<length).map { block($0, fork: fork) }, signedBy: keyPair) }
        logs[fork] = log
    }

    mutating func append(_ count: UInt64, to fork: UInt64) throws {
        var log = try #require(logs[fork])
        let values = (log.length..<log.length + count).map { block($0, fork: fork) }
        try log.append(values, signedBy: keyPair)
        logs[fork] = log
    }

    /// Notes a log as the history of its fork.
    mutating func record(_ log: TestLog) {
        logs[log.head.tree.fork] = log
    }

    /// The bytes of a block that was first written in a fork; some are empty.
    func block(_ index: UInt64, fork: UInt64) -> [UInt8] {
        index % 5 == 4 && fork == 0 ? [] : Array("block \(index) of fork \(fork)".utf8)
    }

    /// A core that holds a history whole.
    func core(
        _ name: String, fork: UInt64, seed: UInt64 = 3,
        configuration: ReplicatorConfiguration = ReplicatorConfiguration(),
        limits: ReplicationLimits = ReplicationLimits()
    ) throws -> TestCore {
        TestCore(
            name, key: key, log: try #require(logs[fork]), seed: seed, configuration: configuration, limits: limits)
    }

    // MARK: Checking

    /// That everything in a log is of the history of its fork.
    func expectPart(_ log: TestLog, _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation) {
        guard let truth = logs[log.head.tree.fork] else {
            Issue.record("\(comment): fork \(log.head.tree.fork) was never written", sourceLocation: sourceLocation)
            return
        }
        #expect(log.length <= truth.length, comment, sourceLocation: sourceLocation)
        for (index, block) in log.blocks where truth.blocks[index] != block {
            Issue.record("\(comment): block \(index) is another's", sourceLocation: sourceLocation)
        }
        for (index, node) in log.nodes where truth.nodes[index] != node {
            Issue.record("\(comment): node \(index) is another's", sourceLocation: sourceLocation)
        }
    }

    /// That a log is on a fork, at the end of its history.
    func expectHead(
        _ log: TestLog, fork: UInt64, _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        expectPart(log, comment, sourceLocation: sourceLocation)
        #expect(log.head == logs[fork]?.head, comment, sourceLocation: sourceLocation)
    }

    /// That a log is a history, whole.
    func expectWhole(
        _ log: TestLog, fork: UInt64, _ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        expectHead(log, fork: fork, comment, sourceLocation: sourceLocation)
        #expect(log.contiguousLength == logs[fork]?.length, comment, sourceLocation: sourceLocation)
    }
}
