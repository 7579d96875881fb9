import Replication
import Synchronization
import Testing

@testable import Hypercore

/// Most logs of a large store are open without a peer, so what replicates them is made with the first one.
@Suite(.timeLimit(.minutes(5))) struct ReplicationMachineTests {
    @Test func `whatever is done to a log that has no peer, it has no machine`() async throws {
        let log = try await TestStore().writable()
        try log.setPolicy { $0.pushesAppended = true }
        try await log.append(contentsOf: numberedBlocks(0..<4))
        _ = try await log.clear(0..<1)
        try await log.truncate(to: 2)
        #expect(try !log.push(7))
        #expect(!log.hasMachine)
        #expect(log.replicationPolicy.pushesAppended)
        #expect(log.replicationCounters == ReplicationCounters() && log.remoteContiguousLength == 0)
    }

    @Test func `whoever asks peers for something has it made`() async throws {
        let log = try await TestStore().writable()
        #expect(try await !log.update())
        #expect(log.hasMachine)
    }

    @Test func `it is made for the first peer as the log stands, and as it was configured before`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        try log.setPolicy { $0.pushesAppended = true }
        #expect(!log.hasMachine && log.core.isWanted)

        let copy = try await pair.reader.reader(of: log.key)
        try copy.setPolicy { $0.allowsPush = true }
        pair.link.settle()
        #expect(log.hasMachine && copy.hasMachine && copy.length == 3)
        try await log.append(numberedBlocks(3..<4)[0])
        pair.link.settle()
        #expect(try copy.read(3) == numberedBlocks(3..<4)[0], "pushed, for nobody has asked for it")
    }
}

extension Hypercore {
    fileprivate var hasMachine: Bool { core.state.withLock { $0.machine != nil } }

    fileprivate func setPolicy(_ change: (inout ReplicationPolicy) -> Void) throws {
        var policy = replicationPolicy
        change(&policy)
        try setReplicationPolicy(policy)
    }
}
