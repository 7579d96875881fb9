import Foundation
import StorageEngine
import Synchronization
import Testing

@testable import StorageLMDB

@Suite(.timeLimit(.minutes(5))) struct CompactionTests {
    @Test func `compaction gives back space, and keeps every record`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.populate()
        let contents = try engine.contents()
        try engine.fill("large", 5_000_000)
        try engine.delete(["large"])
        let fileByteCount = try engine.statistics().fileByteCount
        let progress = Mutex<[CopyProgress]>([])
        try engine.compact { state in progress.withLock { $0.append(state) } }
        #expect(try engine.contents() == contents)
        #expect(try engine.statistics().fileByteCount < fileByteCount - 4_000_000)
        #expect(try engine.statistics().freePageCount == 0)
        let last = try #require(progress.withLock { $0.last })
        #expect(last.copiedByteCount == (try directory.fileByteCount("data/2/data.mdb")))
        #expect(last.expectedByteCount >= last.copiedByteCount && last.expectedByteCount < fileByteCount - 4_000_000)
        #expect(try directory.contents(of: "environment") == "swift-corestore 1\ndata/2\n")
        #expect(try directory.environments() == ["2"])
        try engine.put(["after": "1"], .full)
        try engine.compact { _ in }
        #expect(try directory.environments() == ["3"])
        try engine.close()
        let reopened = try directory.open()
        #expect(try reopened.contents() == contents.merging(["after": "1"]) { $1 })
        try reopened.close()
    }

    @Test func `an empty store can be compacted`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.compact { _ in }
        #expect(try engine.contents() == [:])
        try engine.put(["a": "1"])
        try engine.close()
        let reopened = try directory.open()
        #expect(try reopened.contents() == ["a": "1"])
        try reopened.close()
    }

    @Test func `a table that the schema does not name survives compaction`() throws {
        let directory = try TemporaryDirectory()
        let other = Table(ordinal: 1, name: "other")
        let key: [UInt8] = [1]
        var engine = try LMDBEngine.open(at: directory.path, tables: [records, other])
        try engine.write(durability: .relaxed) { transaction throws(StorageError) in
            try transaction.put(other, key: key.span.bytes, value: key.span.bytes)
        }
        try engine.close()
        engine = try directory.open()
        try engine.compact { _ in }
        try engine.close()
        engine = try LMDBEngine.open(at: directory.path, tables: [records, other])
        #expect(try engine.read { try $0.copy(other, key: key.span.bytes) } == key)
        try engine.close()
    }

    @Test func `a crash after any step leaves one good store`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.populate()
        let contents = try engine.contents()
        var crashed: [(step: CompactionStep, directory: TemporaryDirectory)] = []
        try engine.compact(progress: { _ in }) { step in
            do { crashed.append((step, try directory.duplicate())) } catch { Issue.record(error) }
        }
        try engine.close()
        #expect(crashed.map(\.step) == CompactionStep.allCases)
        for (step, directory) in crashed {
            let reader = try directory.open { $0.access = .readOnly }
            #expect(try reader.contents() == contents, "after \(step)")
            try reader.close()
            let reopened = try directory.open()
            #expect(try reopened.contents() == contents, "after \(step)")
            #expect(try directory.environments().count == 1, "after \(step)")
            try reopened.put(["after": "1"], .full)
            try reopened.compact { _ in }
            try reopened.close()
            let again = try directory.open()
            #expect(try again.contents() == contents.merging(["after": "1"]) { $1 }, "after \(step)")
            try again.close()
        }
    }

    @Test func `a compaction that is cancelled leaves the store as it was`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.fill("large", 5_000_000)
        let contents = try engine.contents()
        for patience in [0, 1, 3] {
            var askedCount = 0
            expectThrows(.cancelled) {
                try engine.compact { _ in
                } isCancelled: {
                    askedCount += 1
                    return askedCount > patience
                }
            }
            #expect(try directory.environments() == ["1"])
            try engine.put(["after \(patience)": ""], .full)
        }
        #expect(try engine.contents().count == contents.count + 3)
        try engine.compact { _ in }
        try engine.close()
    }

    @Test func `a copy of the pages that was cut off anywhere is not taken for the store`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        try directory.write("half a page", to: "data/2/data.mdb")
        try directory.write("", to: "data/17/data.mdb")
        try directory.write("not ours", to: "data/notes")
        let reader = try directory.open { $0.access = .readOnly }
        #expect(try reader.value("a") == "1")
        #expect(try directory.environments() == ["1", "17", "2", "notes"])
        try reader.close()
        let engine = try directory.open()
        #expect(try engine.value("a") == "1")
        #expect(try directory.environments() == ["1", "notes"])
        try engine.close()
    }

    @Test func `a store that may not be written to, or is closed, is not compacted`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        let reader = try directory.open { $0.access = .readOnly }
        expectThrows(.readOnly) { try reader.compact { _ in } }
        try reader.close()
        let engine = try directory.open()
        try engine.close()
        expectThrows(.closed) { try engine.compact { _ in } }
        #expect(try directory.environments() == ["1"])
    }

    @Test(arguments: [false, true])
    func `closing and suspending give up a compaction, which leaves the store as it was`(_ suspends: Bool) throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.fill("large", 8_000_000)
        var leaving: ThreadResult<Void>?
        expectThrows(suspends ? .suspended : .closed) {
            try engine.compact { _ in
                guard leaving == nil else { return }
                leaving = Thread.result { if suspends { try engine.suspend() } else { try engine.close() } }
                while (try? engine.value("a")) != nil || (try? engine.contents()) != nil {}
            }
        }
        try leaving?.wait()
        #expect(try directory.environments() == ["1"])
        try engine.close()
        let reopened = try directory.open()
        #expect(try reopened.value("large")?.count == 8_000_000)
        try reopened.compact { _ in }
        try reopened.close()
    }

    #if os(Linux)
    @Test(.enabled(if: geteuid() == 0, "mounting needs root"))
    func `where the disk has no room for the copy, the store stays as it was`() throws {
        let directory = try TemporaryDirectory()
        try #require(mount("tmpfs", directory.path, "tmpfs", 0, "size=8m") == 0)
        defer { umount(directory.path) }
        let engine = try directory.open()
        try engine.fill("large", 5_000_000)
        try engine.put(["a": "1"])
        expectThrows(.full, "make room") { try engine.compact { _ in } }
        #expect(try directory.environments() == ["1"])
        // A process that another test starts just now has the removed copy open until it runs a program of its own.
        while try directory.freeByteCount() < 2_000_000 { sched_yield() }
        try engine.put(["a": "2"], .full)
        try engine.fill("large", 1_000_000)
        try engine.compact { _ in }
        #expect(try engine.value("a") == "2")
        #expect(try engine.statistics().fileByteCount < 2_000_000)
        try engine.close()
    }
    #endif
}

#if os(Linux)
extension TemporaryDirectory {
    /// How much room its file system has.
    fileprivate func freeByteCount() throws -> UInt {
        var room = statvfs()
        try #require(statvfs(path, &room) == 0)
        return room.f_bavail * room.f_bsize
    }
}
#endif
