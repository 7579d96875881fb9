import HypercoreStorage
import StorageEngine
import Testing

@testable import Hypercore
@testable import HypercoreStorage

/// What is damaged here comes back from a peer.
@Suite(.timeLimit(.minutes(5))) struct RecoveryTests {
    @Test func `a damaged copy is whole again after a repair and a download`() async throws {
        let (left, right) = (try TestStore(), try TestStore())
        let log = try await left.writable()
        try await log.append(contentsOf: numberedBlocks(0..<600))
        let copy = try await right.reader(of: log.key)
        let first = MemoryPipe(left.registry, right.registry)
        try await copy.download(end: 600).finished()
        await first.cutAndWait()
        for leaf in stride(from: UInt64(0), to: 600, by: 7) {
            try await right.vandalizeNodes(leaf, of: copy, Vandalism.flipped.callAsFunction)
            try await right.vandalizeBlock(leaf + 2, of: copy, Vandalism.cut.callAsFunction)
        }
        let report = try await copy.audit(repairing: true)
        #expect(report.dropped.blocks > 0)
        #expect(copy.contiguousLength < 600)
        let second = MemoryPipe(left.registry, right.registry)
        try await copy.download(end: 600).finished()
        await second.cutAndWait()
        #expect(copy.contiguousLength == 600)
        #expect(try await copy.audit().isSound)
        for index in 0..<UInt64(600) { #expect(try copy.read(index) == Array("block \(index)".utf8)) }
    }

    @Test func `the writer's own log is whole again, and goes on`() async throws {
        let (left, right) = (try TestStore(), try TestStore())
        let log = try await left.writable()
        try await log.append(contentsOf: numberedBlocks(0..<300))
        let copy = try await right.reader(of: log.key)
        let first = MemoryPipe(left.registry, right.registry)
        try await copy.download(end: 300).finished()
        await first.cutAndWait()

        // All nodes, and every third block: next to nothing can be proven from what is here.
        var set = WriteSet()
        set.delete(Schema.tree, LogKey.all(of: log.core.stored.number))
        try await #require(left.writer).commit(set)
        for block in stride(from: UInt64(1), to: 300, by: 3) {
            try await left.vandalizeBlock(block, of: log, Vandalism.removed.callAsFunction)
        }
        let reopened = try await left.reopened()
        let damaged = try await reopened.writable()
        let report = try await damaged.audit(repairing: true)
        #expect(report.damaged.blocks > 100 && report.dropped.blocks > 100, "\(report)")
        #expect(try await damaged.audit().isSound)

        let second = MemoryPipe(reopened.registry, right.registry)
        try await damaged.download(end: 300).finished()
        #expect(damaged.contiguousLength == 300)
        #expect(try await damaged.audit().isSound)
        try await damaged.append([7])
        #expect(try await copy.get(300) == [7])
        await second.cutAndWait()
        try await damaged.truncate(to: 17)
        #expect(try await damaged.audit().isSound)
    }

    @Test func `a long stretch that cannot be proven is dropped in steps, and the rest is not`() async throws {
        let (left, right) = (try TestStore(), try TestStore())
        let log = try await left.writable()
        try await log.append(contentsOf: numberedBlocks(0..<2100))
        let copy = try await right.reader(of: log.key)
        let first = MemoryPipe(left.registry, right.registry)
        try await copy.download(end: 2100).finished()
        await first.cutAndWait()
        var set = WriteSet()
        set.delete(Schema.tree, LogKey.all(of: copy.core.stored.number))
        try await #require(right.writer).commit(set)
        // All that lies below the first root, of 2,048 blocks, hangs on this one.
        try await right.vandalizeBlock(1500, of: copy, Vandalism.removed.callAsFunction)
        let dry = try await copy.audit()
        let before = try #require(right.writer).statistics.transactions
        let report = try await copy.audit(repairing: true)
        #expect(report.damaged == dry.damaged && report.damagedBlocks == dry.damagedBlocks)
        #expect(report.damaged.blocks == 2048 && report.dropped.blocks == 2047 && report.dropped.bits == 1)
        #expect(try #require(right.writer).statistics.transactions == before + 2)
        #expect(try copy.storedBlocks(of: 2100) == Array(2048..<2100))
        #expect(try await copy.audit().isSound)
        let second = MemoryPipe(left.registry, right.registry)
        try await copy.download(end: 2100).finished()
        await second.cutAndWait()
        #expect(copy.contiguousLength == 2100)
        #expect(try await copy.audit().isSound)
    }

    @Test func `a log is repaired while it is downloaded and served`() async throws {
        let (left, right, third) = (try TestStore(), try TestStore(), try TestStore())
        let log = try await left.writable()
        try await log.append(contentsOf: numberedBlocks(0..<1200))
        let copy = try await right.reader(of: log.key)
        let pipe = MemoryPipe(left.registry, right.registry)
        try await copy.download(end: 600).finished()
        for leaf in stride(from: UInt64(0), to: 600, by: 11) {
            try await right.vandalizeNodes(leaf, of: copy, Vandalism.flipped.callAsFunction)
            try await right.vandalizeBlock(leaf, of: copy, Vandalism.removed.callAsFunction)
        }
        let leech = try await third.reader(of: log.key)
        let onward = MemoryPipe(right.registry, third.registry)
        let download = try copy.download(end: 1200)
        _ = try await copy.audit(repairing: true)
        try await download.finished()
        try await copy.download(end: 1200).finished()
        #expect(copy.contiguousLength == 1200)
        let audit = try await copy.audited()
        #expect(audit.report.isSound, "\(audit)")
        try await leech.download(end: 1200).finished()
        #expect(leech.contiguousLength == 1200)
        await pipe.cutAndWait()
        await onward.cutAndWait()
    }
}
