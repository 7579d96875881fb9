import Replication
import StorageEngine
import Testing

@testable import Hypercore

/// When pushes are allowed, and what they bring beside what is asked for.
@Suite(.timeLimit(.minutes(5))) struct AllowingPushesTests {
    private func set(_ log: Hypercore, _ change: (inout ReplicationPolicy) -> Void) throws {
        var policy = log.replicationPolicy
        change(&policy)
        try log.setReplicationPolicy(policy)
    }

    @Test func `peers are told at once whether they may push`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        for isAllowed in [true, false, true] {
            try set(copy) { $0.allowsPush = isAllowed }
            pair.link.settle()
            #expect(log.peers.first?.status?.allowsPush == isAllowed)
        }
        // Not while the log is not wanted, whatever the policy says.
        let passive = try await pair.reader.session("log", isActive: false, isWriter: false)
        await copy.close()
        pair.link.settle()
        #expect(log.peers.first?.status?.allowsPush == false)
        let again = try await pair.reader.reader(of: log.key)
        pair.link.settle()
        #expect(again.replicationPolicy.allowsPush && log.peers.first?.status?.allowsPush == true)
        withExtendedLifetime(passive) {}
    }

    @Test func `what is pushed and what is asked for do not get into each other's way`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.reader(of: log.key)
        try set(log) { $0.pushesAppended = true }
        try set(copy) { $0.allowsPush = true }
        try await log.append(contentsOf: numberedBlocks(0..<20))
        let events = copy.events
        let download = try copy.download(.live(order: .random))
        for number in 20..<40 {
            try await log.append(numberedBlocks(number..<number + 1)[0])
            if number % 3 == 0 { pair.link.settle() }
        }
        pair.link.settle()
        #expect(copy.contiguousLength == 40 && copy.replicationCounters.blocksDownloaded == 40)
        #expect(try copy.treeHash() == log.treeHash())
        download.cancel()
        await copy.close()
        var blocks: [UInt64] = []
        for await event in events {
            if case .downloaded(let index, _) = event { blocks.append(index) }
        }
        #expect(blocks.sorted() == Array(0..<40), "each came once")
    }

    @Test func `what is not on disk yet is not pushed`() async throws {
        let engine = GatedEngine(MemoryEngine(tables: TestStore.tables))
        let writer = try TestStore(engine, durability: .full)
        let reader = try TestStore()
        let log = try await writer.writable()
        let copy = try await reader.reader(of: log.key)
        try set(log) { $0.pushesAppended = true }
        try set(copy) { $0.allowsPush = true }
        let link = ManualLink(writer, reader)
        #expect(log.peers.first?.status?.allowsPush == true)
        engine.shut()
        async let appended = log.append([1])
        await engine.waitUntilHolding()
        #expect(try !log.push(0))
        link.settle()
        #expect(copy.length == 0)
        engine.open()
        #expect(try await appended.length == 1)
        link.settle()
        #expect(try copy.length == 1 && copy.read(0) == [1])
    }
}
