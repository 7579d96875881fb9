import Replication
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct PushingTests {
    private func pair(
        pushes: Bool = false, allows: Bool = true, pushOnly: Bool = false
    ) async throws -> (pair: ClockedPair, log: Hypercore, copy: Hypercore) {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.reader(of: log.key)
        var (sending, taking) = (log.replicationPolicy, copy.replicationPolicy)
        sending.pushesAppended = pushes
        (taking.allowsPush, taking.isPushOnly) = (allows, pushOnly)
        try log.setReplicationPolicy(sending)
        try copy.setReplicationPolicy(taking)
        pair.link.settle()
        return (pair, log, copy)
    }

    @Test func `what is appended is sent at once to whoever allows it`() async throws {
        let (pair, log, copy) = try await pair(pushes: true)
        for index in 0..<5 {
            try await log.append(numberedBlocks(index..<index + 1)[0])
            pair.link.settle()
        }
        #expect(copy.contiguousLength == 5)
        for index in 0..<5 { #expect(try copy.read(UInt64(index)) == numberedBlocks(index..<index + 1)[0]) }
    }

    @Test func `nothing is pushed to a peer that does not allow it`() async throws {
        let (pair, log, copy) = try await pair(pushes: true, allows: false)
        try await log.append([1])
        pair.link.settle()
        #expect(copy.length == 1 && copy.contiguousLength == 0)
    }

    @Test func `single blocks are pushed on request, to all or to one`() async throws {
        let (pair, log, copy) = try await pair()
        try await log.append(contentsOf: numberedBlocks(0..<4))
        pair.link.settle()
        #expect(try log.push(1))
        pair.link.settle()
        #expect(try copy.storedBlocks(of: 4) == [1])
        #expect(try log.push(2, to: log.peers))
        #expect(try log.push(3, to: []))
        pair.link.settle()
        #expect(try copy.storedBlocks(of: 4) == [1, 2])
        #expect(try !log.push(4))
        await log.close()
        await expectError(.closed) { try log.push(0) }
    }

    @Test func `who takes only pushes asks for nothing, and gets them all the same`() async throws {
        let (pair, log, copy) = try await pair(pushes: true, pushOnly: true)
        let before = log.replicationCounters.received[.request]
        try await log.append(contentsOf: numberedBlocks(0..<3))
        pair.link.settle()
        #expect(copy.contiguousLength == 3)
        let waiting = Task { try await copy.get(3) }
        try await until { copy.waitCount == 1 }
        pair.link.settle()
        #expect(log.replicationCounters.received[.request] <= before + 1)
        try await log.append([9])
        #expect(try await pair.link.moving { try await waiting.value } == [9])
    }
}
