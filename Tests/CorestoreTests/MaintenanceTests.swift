import Corestore
import Hypercore
import HypercoreStorage
import StorageEngine
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct MaintenanceTests {
    @Test func `a suspended store throws at once or waits, and goes on when it is resumed`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Corestore.open(at: directory.path)
        let log = try await store.get(name: "log")
        try await log.append([1])
        try await store.suspend()
        try await store.suspend()
        #expect(throws: HypercoreError.self) { try log.read(0) }
        // Another process may use the files now; here another instance in this one.
        let other = try await Corestore.open(at: directory.path, options: CorestoreOptions(readOnly: true))
        #expect(try await other.get(name: "log").read(0) == [1])
        try await other.close()
        let appending = Task { try await log.append([2]) }
        let reading = Task { try await log.get(0) }
        let opening = Task { try await store.get(name: "other") }
        let cancelled = Task { try await log.get(0) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        try await store.resume()
        try await store.resume()
        #expect(try await appending.value.length == 2)
        #expect(try await reading.value == [1])
        #expect(try await opening.value.length == 0)
        #expect(try log.read(1) == [2])
        try await store.close()
    }

    @Test func `what could not be swept while the store was suspended is swept after`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Corestore.open(at: directory.path)
        let log = try await store.get(name: "log")
        try await log.append(contentsOf: [[1], [2], [3]])
        let snapshot = try log.snapshot()
        try await log.truncate(to: 1)
        try await store.finishSweeping()
        try await store.suspend()
        await snapshot.close()
        try await store.finishSweeping()
        try await store.resume()
        try await store.finishSweeping()
        #expect(try await store.storageInfo().logs.blocks.recordCount == 1)
        try await store.close()
    }

    @Test func `a store that another process has written to meanwhile is not resumed`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Corestore.open(at: directory.path)
        let log = try await store.get(name: "log")
        try await log.append([1])
        try await store.suspend()
        let other = try await Corestore.open(at: directory.path)
        try await other.get(name: "log").append([2])
        try await other.close()
        await #expect(throws: CorestoreError.self) { try await store.resume() }
        #expect(throws: HypercoreError.self) { try log.read(0) }
        try await store.close()
        let again = try await Corestore.open(at: directory.path)
        #expect(try await again.get(name: "log").length == 2)
        try await again.close()
    }

    @Test func `closing a suspended store ends what waited`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Corestore.open(at: directory.path)
        let log = try await store.get(name: "log")
        try await store.suspend()
        let appending = Task { try await log.append([2]) }
        let reading = Task { try await log.get(0) }
        try await store.close()
        await #expect(throws: HypercoreError.self) { try await appending.value }
        await #expect(throws: HypercoreError.self) { try await reading.value }
    }

    @Test func `compacting gives back what was purged, while logs are read and written`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Corestore.open(at: directory.path, options: CorestoreOptions(durability: .relaxed))
        let kept = try await store.get(name: "kept")
        try await kept.append(contentsOf: (0..<50).map { [UInt8($0)] })
        let purged = try await store.get(name: "purged")
        try await purged.append(contentsOf: (0..<200).map { _ in [UInt8](repeating: 7, count: 20_000) })
        try await purged.purge()
        try await store.finishSweeping()
        let before = try await store.storageInfo()
        #expect(before.freeByteCount > 3 << 20)
        let writing = Task {
            for number in 50..<80 { try await kept.append([UInt8(number)]) }
        }
        let progress = Mutex<[CopyProgress]>([])
        try await store.compact { step in progress.withLock { $0.append(step) } }
        try await writing.value
        let after = try await store.storageInfo()
        #expect(after.fileByteCount < before.fileByteCount / 4)
        #expect(after.logs.blocks.recordCount == 80)
        #expect(try (0..<80).map { try kept.read($0) } == (0..<80).map { [UInt8($0)] })
        #expect(progress.withLock { !$0.isEmpty })
        try await store.close()
        let again = try await Corestore.open(at: directory.path)
        #expect(try await again.get(name: "kept").read(79) == [79])
        try await again.close()
    }

    @Test func `a backup has what was committed when it was made`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Corestore.open(at: directory.path + "/store")
        let log = try await store.get(name: "log")
        try await log.append(contentsOf: [[1], [2]])
        try await store.backUp(to: directory.path + "/backup")
        try await log.append([3])
        await #expect(throws: CorestoreError.self) { try await store.backUp(to: directory.path + "/backup") }
        let copy = try await Corestore.open(
            at: directory.path + "/backup", options: CorestoreOptions(readOnly: true))
        let copied = try await copy.get(key: log.key)
        #expect(copied.length == 2)
        #expect(try copied.read(1) == [2])
        try await copy.close()
        try await store.close()
    }

    @Test func `compactions and backups that are cancelled leave the store as it was`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Corestore.open(
            at: directory.path + "/store", options: CorestoreOptions(durability: .relaxed))
        let log = try await store.get(name: "log")
        try await log.append(contentsOf: (0..<200).map { _ in [UInt8](repeating: 7, count: 20_000) })
        let backup = directory.path + "/backup"
        for work in [
            { progress in try await store.compact(progress: progress) },
            { progress in try await store.backUp(to: backup, progress: progress) },
        ] as [@Sendable (@escaping @Sendable (CopyProgress) -> Void) async throws -> Void] {
            // Cancelled in the middle of it, by what it says of its progress.
            let running = Mutex<Task<Void, any Error>?>(nil)
            let task = Task {
                try await work { _ in
                    while !running.withLock({ $0?.cancel() != nil }) {}
                }
            }
            running.withLock { $0 = task }
            await #expect(throws: CancellationError.self) { try await task.value }
        }
        try await log.append([1])
        #expect(log.length == 201)
        try await store.close()
    }

    @Test func `storage information counts blocks, and what compression saves`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Corestore.open(
            at: directory.path, options: CorestoreOptions(durability: .relaxed, compression: .zstd()))
        let log = try await store.get(name: "log")
        #expect(try await log.storageInfo().blockRatio == nil)
        let text = Array(String(repeating: "all work and no play makes a dull log. ", count: 500).utf8)
        try await log.append(contentsOf: Array(repeating: text, count: 20))
        let info = try await log.storageInfo()
        #expect(info.blocks.recordCount == 20)
        #expect(info.blocks.byteCount == UInt64(20 * text.count))
        #expect(try #require(info.blockRatio) < 0.2)
        #expect(info.tree.recordCount == 20)
        #expect(try log.read(7) == text)
        let other = try await store.get(name: "other")
        try await other.append([1])
        #expect(try await store.storageInfo().logs.blocks.recordCount == 21)
        #expect(try await log.storageInfo().blocks.recordCount == 20)
        try await store.close()
        // Mixed stores read fine, whatever the options say now.
        let plain = try await Corestore.open(at: directory.path)
        let again = try await plain.get(name: "log")
        try await again.append(text)
        #expect(try again.read(3) == text && again.read(20) == text)
        try await plain.close()
    }

    @Test func `an engine that cannot do it says so`() async throws {
        let store = try await Corestore.open(FaultInjectingEngine(MemoryEngine(tables: Schema.tables)))
        for body in [
            { try await store.compact() }, { try await store.backUp(to: "/nowhere") }, { try await store.suspend() },
        ] as [@Sendable () async throws -> Void] {
            let error = await #expect(throws: CorestoreError.self) { try await body() }
            #expect(error?.code == .unsupported)
        }
        try await store.close()
    }

    @Test func `branches of any length outlive a truncation of the log, and a compaction`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Corestore.open(at: directory.path, options: CorestoreOptions(durability: .relaxed))
        let log = try await store.get(name: "log")
        try await log.append(contentsOf: (0..<10).map { [UInt8($0)] })
        for number in 0..<5 {
            let branch = try await log.branch("\(number)", checkout: UInt64(2 * number))
            try await branch.append([UInt8(100 + number)])
            await branch.close()
        }
        try await log.truncate(to: 3)
        try await store.finishSweeping()
        try await store.compact()
        try await expectBranches(of: log)
        try await store.close()

        let again = try await Corestore.open(at: directory.path)
        try await expectBranches(of: try await again.get(name: "log"))
        try await again.close()
    }

    private func expectBranches(of log: Hypercore) async throws {
        #expect(try log.branches() == (0..<5).map { "\($0)" })
        for number in 0..<5 {
            let branch = try await log.branch("\(number)")
            let blocks = try (0..<branch.length).map { try branch.read($0) }
            #expect(blocks == (0..<2 * number).map { [UInt8($0)] } + [[UInt8(100 + number)]])
            await branch.close()
        }
    }
}
