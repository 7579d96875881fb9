import Foundation
import StorageEngine
import Synchronization
import Testing

@testable import StorageLMDB

@Suite(.timeLimit(.minutes(5))) struct CopyTests {
    @Test func `a copy is a whole store, and nothing else`() throws {
        let (directory, backups) = (try TemporaryDirectory(), try TemporaryDirectory())
        let engine = try directory.open()
        try engine.populate()
        let contents = try engine.contents()
        let progress = Mutex<[CopyProgress]>([])
        let path = backups.path + "/new"
        try engine.copy(to: path) { state in progress.withLock { $0.append(state) } }
        #expect(try backups.files() == ["new/data/1/data.mdb", "new/environment"])
        let last = try #require(progress.withLock { $0.last })
        #expect(last.copiedByteCount == (try backups.fileByteCount("new/data/1/data.mdb")))
        #expect(last.expectedByteCount >= last.copiedByteCount)
        // The two have nothing in common.
        try engine.put(["original": "1"])
        let copy = try LMDBEngine.open(at: path, tables: [records])
        #expect(try copy.contents() == contents)
        #expect(try copy.statistics().freePageCount == 0)
        try copy.put(["copy": "1"], .full)
        #expect(try engine.contents() == contents.merging(["original": "1"]) { $1 })
        try copy.close()
        try engine.close()
    }

    @Test func `copies made while the store is written to are consistent, and growth does not wait for them`() throws {
        let (directory, backups) = (try TemporaryDirectory(), try TemporaryDirectory())
        let engine = try directory.open { $0.mapByteCount = 1 << 16 }
        try engine.put(["first": "", "second": ""])
        let isDone = Atomic(false)
        let writer = Thread.result {
            for round in 0..<60 {
                let value = String(repeating: "\(round) ", count: 10_000)
                try engine.put(["first": value, "second": value, "\(round)": value])
            }
            isDone.store(true, ordering: .releasing)
        }
        var count = 0
        while !isDone.load(ordering: .acquiring) || count == 0 {
            let path = backups.path + "/\(count)"
            try engine.copy(to: path) { _ in }
            let copy = try LMDBEngine.open(at: path, tables: [records])
            #expect(try copy.value("first") == copy.value("second"))
            try copy.close()
            count += 1
        }
        try writer.wait()
        #expect(try engine.contents().count == 62)
        try engine.close()
    }

    @Test func `a copy gives way where the map has to grow, and begins again`() throws {
        let (directory, backups) = (try TemporaryDirectory(), try TemporaryDirectory())
        let engine = try directory.open { $0.mapByteCount = 4 << 20 }
        try engine.fill("large", 3_000_000)
        var writer: ThreadResult<Void>?
        var copied: [Int] = []
        try engine.copy(to: backups.path + "/copy") { state in
            copied.append(state.copiedByteCount)
            guard writer == nil else { return }
            writer = Thread.result { try engine.fill("larger", 5_000_000) }
            while engine.readers.state.withLock({ $0.resizingCount == 0 }) { sched_yield() }
        }
        try writer?.wait()
        #expect(zip(copied, copied.dropFirst()).contains { $0 >= $1 }, "progress begins again: \(copied)")
        #expect(try engine.statistics().mapByteCount > 8_000_000)
        let copy = try LMDBEngine.open(at: backups.path + "/copy", tables: [records])
        // Whether the write is in the copy depends on which of them went on first.
        #expect(try copy.value("large")?.count == 3_000_000)
        try copy.close()
        try engine.close()
    }

    @Test func `a copy gives way to a compaction, and goes on with the new environment`() throws {
        let (directory, backups) = (try TemporaryDirectory(), try TemporaryDirectory())
        let engine = try directory.open()
        try engine.fill("large", 3_000_000)
        var compacting: ThreadResult<Void>?
        try engine.copy(to: backups.path + "/copy") { _ in
            guard compacting == nil else { return }
            let before = engine.environment
            compacting = Thread.result { try engine.compact { _ in } }
            while engine.environment === before { sched_yield() }
        }
        try compacting?.wait()
        #expect(try directory.environments() == ["2"])
        let copy = try LMDBEngine.open(at: backups.path + "/copy", tables: [records])
        #expect(try copy.contents() == engine.contents())
        try copy.close()
        try engine.close()
    }

    @Test func `a copy that is cancelled leaves nothing`() throws {
        let (directory, backups) = (try TemporaryDirectory(), try TemporaryDirectory())
        let engine = try directory.open()
        try engine.fill("large", 5_000_000)
        for patience in [0, 1, 3] {
            var askedCount = 0
            expectThrows(.cancelled) {
                try engine.copy(to: backups.path + "/copy") { _ in
                } isCancelled: {
                    askedCount += 1
                    return askedCount > patience
                }
            }
            #expect(try backups.files().isEmpty)
        }
        try engine.copy(to: backups.path + "/copy") { _ in }
        try engine.close()
    }

    @Test func `a store that is read only can be copied, also beside its writer`() async throws {
        let (directory, backups) = (try TemporaryDirectory(), try TemporaryDirectory())
        let engine = try directory.open()
        try engine.populate()
        let (path, target) = (directory.path, backups.path + "/copy")
        await #expect(processExitsWith: .success) { [path = path as String, target = target as String] in
            let reader = try openForReading(path)
            try reader.copy(to: target) { _ in }
            try reader.close()
        }
        let copy = try LMDBEngine.open(at: target, tables: [records])
        #expect(try copy.contents() == engine.contents())
        try copy.close()
        try engine.close()
    }

    @Test func `an empty directory is taken, one with files is refused and left alone`() throws {
        let (directory, target) = (try TemporaryDirectory(), try TemporaryDirectory())
        let engine = try directory.open()
        try engine.put(["a": "1"])
        try target.write("mine", to: "notes")
        expectThrows(.inaccessible, "not empty") { try engine.copy(to: target.path) { _ in } }
        #expect(try target.files() == ["notes"])
        expectThrows(.inaccessible) { try engine.copy(to: target.path + "/notes") { _ in } }
        expectThrows(.inaccessible) { try engine.copy(to: target.path + "/missing/copy") { _ in } }
        expectThrows(.inaccessible, "not empty") { try engine.copy(to: directory.path) { _ in } }
        try FileManager.default.removeItem(atPath: target.path + "/notes")
        try engine.copy(to: target.path + "/") { _ in }
        #expect(try target.files() == ["data/1/data.mdb", "environment"])
        try engine.close()
    }

    @Test func `a place in the store is refused, by whatever path`() throws {
        let (directory, elsewhere) = (try TemporaryDirectory(), try TemporaryDirectory())
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let files = try directory.files()
        try FileManager.default.createSymbolicLink(
            atPath: elsewhere.path + "/link", withDestinationPath: directory.path + "/data")
        for path in [directory.path + "/copy", directory.path + "/data/2", elsewhere.path + "/link/copy"] {
            expectThrows(.inaccessible, "in the store") { try engine.copy(to: path) { _ in } }
        }
        #expect(try directory.files() == files)
        try engine.close()
    }

    @Test(arguments: [false, true])
    func `closing and suspending give up a copy, which is removed`(_ suspends: Bool) throws {
        let (directory, backups) = (try TemporaryDirectory(), try TemporaryDirectory())
        let engine = try directory.open()
        try engine.fill("large", 8_000_000)
        for target in [backups.path, backups.path + "/new"] {
            var leaving: ThreadResult<Void>?
            expectThrows(suspends ? .suspended : .closed) {
                try engine.copy(to: target) { _ in
                    guard leaving == nil else { return }
                    leaving = Thread.result { if suspends { try engine.suspend() } else { try engine.close() } }
                    while (try? engine.contents()) != nil {}
                }
            }
            try leaving?.wait()
            #expect(try backups.files() == [])
            guard suspends else { break }
            expectThrows(.suspended) { try engine.copy(to: target) { _ in } }
            try engine.resume()
        }
        try engine.close()
        expectThrows(.closed) { try engine.copy(to: backups.path) { _ in } }
        #expect(try backups.files() == [])
    }

    #if os(Linux)
    @Test(.enabled(if: geteuid() == 0, "mounting needs root"))
    func `where the disk is full, what was begun is removed again`() throws {
        let (directory, target) = (try TemporaryDirectory(), try TemporaryDirectory())
        try #require(mount("tmpfs", target.path, "tmpfs", 0, "size=4m") == 0)
        defer { umount(target.path) }
        let engine = try directory.open()
        try engine.fill("large", 8_000_000)
        expectThrows(.full, "make room") { try engine.copy(to: target.path + "/new") { _ in } }
        #expect(try target.files() == [])
        try engine.fill("large", 2_000_000)
        try engine.copy(to: target.path + "/new") { _ in }
        #expect(try target.files() == ["new/data/1/data.mdb", "new/environment"])
        try engine.close()
    }
    #endif
}
