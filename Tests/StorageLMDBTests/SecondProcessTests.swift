import Foundation
import StorageEngine
import StorageLMDB
import Testing

/// What other processes may do with a store. They are real ones: the bodies of the exit tests.
@Suite(.timeLimit(.minutes(5))) struct SecondProcessTests {
    @Test func `another process reads beside the writer, and sees what it commits`() async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let (path, ready) = (directory.path, directory.path + "/reader-is-ready")
        let writing = Task {
            while !FileManager.default.fileExists(atPath: ready) { await Task.yield() }
            try engine.put(["b": "2"])
        }
        await #expect(processExitsWith: .success) { [path = path as String, ready = ready as String] in
            var options = LMDBOptions()
            options.access = .readOnly
            let reader = try LMDBEngine.open(at: path, tables: [records], options: options)
            #expect(try reader.value("a") == "1")
            try reader.read { snapshot in
                #expect(try snapshot.value("b") == nil)
                try #require(FileManager.default.createFile(atPath: ready, contents: nil))
            }
            while try reader.value("b") != "2" {}
            try reader.close()
        }
        try await writing.value
        try engine.close()
    }

    @Test func `another process may not write beside the writer`() async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let (path, writer) = (directory.path, getpid())
        await #expect(processExitsWith: .success) { [path = path as String, writer = writer as pid_t] in
            expectThrows(.inUse, "process \(writer)") { _ = try LMDBEngine.open(at: path, tables: [records]) }
        }
        try engine.close()
    }

    @Test func `the store of a process that died can be opened, with what it had committed`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let engine = try LMDBEngine.open(at: path, tables: [records])
            try engine.put(["a": "1"])
            try engine.write(durability: .relaxed) { transaction throws(StorageError) in
                let key: [UInt8] = [1]
                try transaction.put(records, key: key.span.bytes, value: key.span.bytes)
                kill(getpid(), SIGKILL)
            }
        }
        let engine = try directory.open()
        #expect(try engine.value("a") == "1")
        #expect(try engine.value("\u{1}") == nil)
        try engine.put(["a": "2"], .full)
        try engine.close()
    }

    @Test func `a reader that died in a snapshot leaves a place that can be freed`() async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        let path = directory.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            var options = LMDBOptions()
            options.access = .readOnly
            let reader = try LMDBEngine.open(at: path, tables: [records], options: options)
            try reader.read { _ in _ = kill(getpid(), SIGKILL) }
        }
        #expect(try engine.removeStaleReaders() == 1)
        #expect(try engine.removeStaleReaders() == 0)
        try engine.close()
    }

    @Test func `a full table of readers is cleared of those that died`() async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open { $0.maximumReaders = 1 }
        let path = directory.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            try openForReading(path).read { _ in _ = kill(getpid(), SIGKILL) }
        }
        // The writer began without a reader, so the dead one has the only place.
        #expect(try engine.statistics().peakReaders == 1)
        #expect(try engine.value("a") == nil)
        try engine.close()
    }

    @Test(arguments: Durability.allCases)
    func `a limit on file sizes fails the write, and a higher one lets the next through`(
        _ durability: Durability
    ) async throws {
        let directory = try TemporaryDirectory()
        let (path, durability) = (directory.path, durability.rawValue)
        // The limit holds for a whole process, so it is set in one of its own.
        await #expect(processExitsWith: .success) { [path = path as String, durability = durability as String] in
            let durability = try #require(Durability(rawValue: durability))
            signal(SIGXFSZ, SIG_IGN)
            let engine = try LMDBEngine.open(at: path, tables: [records])
            try engine.put(["a": "1"], .full)
            try limitFileSize(to: 500_000)
            expectThrows(.full, "make room") {
                for number in 0..<100 { try engine.fill("\(number)", 30_000, durability) }
            }
            #expect(try engine.value("a") == "1")
            expectThrows(.full) { try engine.fill("large", 600_000, durability) }
            try limitFileSize(to: 10_000_000)
            try engine.fill("after", 600_000, durability)
            try engine.close()
            let reopened = try LMDBEngine.open(at: path, tables: [records])
            #expect(try reopened.value("after")?.count == 600_000)
        }
    }

    @Test func `a process whose map another one has outgrown maps the file anew`() async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let (path, ready) = (directory.path, directory.path + "/reader-is-ready")
        let writing = Task {
            while !FileManager.default.fileExists(atPath: ready) { await Task.yield() }
            try engine.fill("b", 5_000_000)
        }
        await #expect(processExitsWith: .success) { [path = path as String, ready = ready as String] in
            var options = LMDBOptions()
            options.access = .readOnly
            options.mapByteCount = 1 << 20
            let reader = try LMDBEngine.open(at: path, tables: [records], options: options)
            #expect(try reader.value("a") == "1")
            try #require(FileManager.default.createFile(atPath: ready, contents: nil))
            while try reader.value("b")?.count != 5_000_000 {}
            #expect(try reader.value("a") == "1")
        }
        try await writing.value
        try engine.close()
    }
}

private func limitFileSize(to byteCount: Int) throws {
    var limit = rlimit()
    #if canImport(Glibc)
    let resource = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    #else
    let resource = RLIMIT_FSIZE
    #endif
    try #require(getrlimit(resource, &limit) == 0)
    limit.rlim_cur = rlim_t(byteCount)
    try #require(setrlimit(resource, &limit) == 0)
}
