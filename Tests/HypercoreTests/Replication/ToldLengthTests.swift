import Replication
import Testing

@testable import Hypercore

/// What a session is told of what its peers have, and of what the log becomes there.
@Suite(.timeLimit(.minutes(5))) struct ToldLengthTests {
    /// What is left of a subscription once its log is closed.
    private func all(_ events: CoreEvents) async -> [CoreEvent] {
        var all: [CoreEvent] = []
        for await event in events { all.append(event) }
        return all
    }

    @Test func `what a peer has is told through a truncation, and after it`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        let copy = try await pair.reader.reader(of: log.key)
        let events = (log.events, copy.events)
        pair.link.settle()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        pair.link.settle()
        #expect(log.remoteContiguousLength == 0 && copy.remoteContiguousLength == 3)
        _ = try await pair.link.moving { try await copy.get(0) }
        pair.link.settle()
        #expect(log.remoteContiguousLength == 0, "a copy with gaps does not tell the writer what it has")
        try await pair.link.moving { try await copy.download(end: 3).finished() }
        pair.link.settle()
        #expect(log.remoteContiguousLength == 3)

        try await log.truncate(to: 1)
        pair.link.settle()
        #expect(log.remoteContiguousLength == 1 && copy.remoteContiguousLength == 1)
        #expect(copy.contiguousLength == 1 && copy.fork == 1)
        try await log.append(contentsOf: numberedBlocks(10..<12))
        try await pair.link.moving { try await copy.download(end: 3).finished() }
        pair.link.settle()
        #expect(log.remoteContiguousLength == 3 && copy.remoteContiguousLength == 3)

        await log.close()
        await copy.close()
        let told = (await all(events.0), await all(events.1))
        let lengths = told.0.compactMap {
            if case .remoteContiguousLengthChanged(let length) = $0 { length } else { nil }
        }
        #expect(lengths.first == 3 && lengths.last == 3 && lengths.contains(1), "\(lengths)")
        // The copy is told of what the writer did.
        #expect(told.1.contains(.appended(length: 3)) && told.1.contains(.truncated(length: 1, fork: 1)))
        #expect(told.1.count { if case .downloaded = $0 { true } else { false } } == 5)
    }

    @Test func `what a peer has is told right after a truncation that it was away for`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        let copy = try await pair.reader.reader(of: log.key)
        try await pair.link.moving { try await copy.download(end: 3).finished() }
        pair.link.settle()
        #expect(log.remoteContiguousLength == 3)
        pair.link.cut()
        try await log.truncate(to: 1)
        try await log.append([1])
        #expect(log.remoteContiguousLength == 1)

        let link = ManualLink(pair.writer, pair.reader, clock: pair.link.clock)
        #expect(copy.length == 2 && copy.contiguousLength == 1 && copy.fork == 1)
        #expect(copy.remoteContiguousLength == 2)
        #expect(log.remoteContiguousLength == 1)
        try await log.append([2])
        try await link.moving { try await copy.download(end: 3).finished() }
        link.settle()
        #expect(log.remoteContiguousLength == 3 && copy.contiguousLength == 3)
    }

    @Test func `what is here without a gap grows as the gaps are closed`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        let copy = try await pair.reader.reader(of: log.key)
        for (blocks, length) in [([0, 2, 4], 1), ([1], 3), ([3], 5)] as [([UInt64], UInt64)] {
            try await pair.link.moving { try await copy.download(.blocks(blocks)).finished() }
            #expect(copy.contiguousLength == length)
        }
    }
}
