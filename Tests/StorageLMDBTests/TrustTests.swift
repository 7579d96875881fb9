import CCorestoreLMDB
import Foundation
import StorageEngine
import Testing

@testable import StorageLMDB

/// What a store notices about itself when it is opened. Crashes are real ones: of processes that kill themselves.
@Suite(.timeLimit(.minutes(5))) struct TrustTests {
    // MARK: The record

    @Test func `a new store is clean, and commits of full durability do not touch its record`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open(on: .first)
        #expect(engine.historyDoubt == nil)
        let record = try directory.trust()
        #expect(record.state == .clean && record.doubt == nil && record.places.count == 1)
        for number in 0..<5 { try engine.put(["a": "\(number)"], .full) }
        #expect(try directory.trust() == record)
        try engine.close()
    }

    @Test func `the first relaxed commit makes it dirty before it happens, and closing makes it clean`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open(on: .first)
        try engine.put(["a": "1"])
        let dirty = try directory.trust()
        #expect(dirty.state == .dirty(boot: "boot-1"))
        try engine.put(["a": "2"])
        try engine.sync()
        try engine.put(["a": "3"], .full)
        #expect(try directory.trust() == dirty)
        try engine.close()
        let clean = try directory.trust()
        #expect(clean.state == .clean && clean.doubt == nil)
        #expect(clean.places[0].transaction > dirty.places[0].transaction)
    }

    @Test func `where the record cannot be written, nothing relaxed is committed`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open(on: .first)
        try engine.put(["a": "1"], .full)
        // A directory that is not empty stays in the draft's place.
        try directory.write("", to: "trust.new/file")
        expectThrows(.inputOutput, "trust") { try engine.put(["a": "2"]) }
        #expect(try engine.value("a") == "1")
        try engine.put(["a": "3"], .full)
        try FileManager.default.removeItem(atPath: directory.path + "/trust.new")
        try engine.put(["a": "4"])
        try engine.close()
    }

    // MARK: Unclean stops

    @Test func `a process that died leaves no doubt while the machine goes on running`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let engine = try LMDBEngine.open(at: path, tables: [records], options: LMDBOptions(), machine: .first)
            try engine.put(["a": "1"], .relaxed)
            kill(getpid(), SIGKILL)
        }
        let engine = try directory.open(on: .first)
        #expect(engine.historyDoubt == nil)
        #expect(try directory.trust().state == .dirty(boot: "boot-1"))
        try engine.close()
        // Closing has brought to the disk what the dead process had not.
        #expect(try directory.trust().state == .clean)
        let later = try directory.open(on: .firstAgain)
        #expect(later.historyDoubt == nil)
        try later.close()
    }

    @Test func `a machine that stopped while relaxed commits were in memory leaves a doubt until it is settled`()
        async throws
    {
        let directory = try TemporaryDirectory()
        try await directory.stopUncleanly()
        let untouched = try directory.contents(of: "trust")
        let reader = try directory.open(on: .firstAgain) { $0.access = .readOnly }
        #expect(reader.historyDoubt == nil)
        try reader.settleHistoryDoubt()
        try reader.close()
        #expect(try directory.contents(of: "trust") == untouched)
        for _ in 0..<3 {
            let engine = try directory.open(on: .firstAgain)
            #expect(engine.historyDoubt == .uncleanStop)
            try engine.put(["b": "1"])
            try engine.close()
        }
        let engine = try directory.open(on: .firstAgain)
        try engine.settleHistoryDoubt()
        #expect(engine.historyDoubt == nil)
        try engine.close()
        let settled = try directory.open(on: .firstAgain)
        #expect(settled.historyDoubt == nil)
        #expect(try settled.value("a") == "1")
        try settled.close()
    }

    @Test func `a stop in the middle of full commits leaves no doubt`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let engine = try LMDBEngine.open(at: path, tables: [records], options: LMDBOptions(), machine: .first)
            for number in 0..<5 { try engine.put(["a": "\(number)"], .full) }
            kill(getpid(), SIGKILL)
        }
        let engine = try directory.open(on: .firstAgain)
        #expect(engine.historyDoubt == nil)
        try engine.close()
    }

    @Test func `where starts of the system cannot be told apart, a dirty store is doubted`() async throws {
        let directory = try TemporaryDirectory()
        try await directory.stopUncleanly()
        let engine = try directory.open(on: Machine(boot: nil, id: "machine 1"))
        #expect(engine.historyDoubt == .uncleanStop)
        try engine.close()
    }

    @Test func `a store that an unclean stop has damaged is refused, with what to do`() async throws {
        let directory = try TemporaryDirectory()
        try await directory.stopUncleanly()
        let root = try #require(try directory.usedPages().tree.last)
        let data = try FileHandle(forWritingTo: URL(fileURLWithPath: directory.dataPath))
        try data.seek(toOffset: UInt64(root * pageByteCount))
        try data.write(contentsOf: Data(count: pageByteCount))
        try data.close()
        for _ in 0..<2 {
            let error = expectThrows(.corrupt, "restore a backup") { _ = try directory.open(on: .firstAgain) }
            #expect(error?.message.contains("The machine stopped") == true)
        }
    }

    @Test func `a full commit of nothing does not pass for a sync`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        let store = try StoreDirectory(directory.path, createsIfMissing: false)
        let opened = try EnvironmentOpener(
            directory: store, tables: [records], options: LMDBOptions(), name: "data/1", isNew: false
        ).open()
        let environment = opened.environment
        defer { mdb_env_close(environment.pointer) }
        let committer = Committer(opened)
        func put(_ durability: Durability) {
            let key: [UInt8] = [1]
            _ = committer.run(durability) { transaction throws(StorageError) in
                try transaction.put(records, key: key.span.bytes, value: key.span.bytes)
            }
        }
        put(.relaxed)
        #expect(committer.hasUnsynced)
        _ = committer.run(.full) { _ in }
        #expect(committer.hasUnsynced)
        put(.full)
        #expect(!committer.hasUnsynced)
    }

    // MARK: Copies

    @Test func `a store that was renamed is no copy`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        let other = directory.path + "-renamed"
        try FileManager.default.moveItem(atPath: directory.path, toPath: other)
        let engine = try LMDBEngine.open(at: other, tables: [records], options: LMDBOptions(), machine: .firstAgain)
        #expect(engine.historyDoubt == nil)
        try engine.close()
        try FileManager.default.moveItem(atPath: other, toPath: directory.path)
    }

    @Test func `a copy is doubted, and its original is not`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        let copy = try TemporaryDirectory()
        try directory.copyFiles(to: copy)
        let engine = try copy.open(on: .first)
        #expect(engine.historyDoubt == .copied)
        try engine.settleHistoryDoubt()
        try engine.close()
        for directory in [directory, copy] {
            let engine = try directory.open(on: .first)
            #expect(engine.historyDoubt == nil)
            try engine.close()
        }
    }

    @Test func `an older copy that is written into the same files is doubted`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        let backup = try TemporaryDirectory()
        try directory.copyFiles(to: backup)
        var engine = try directory.open(on: .first)
        try engine.put(["a": "newer"], .full)
        try engine.close()
        // All of it, as `cp -r backup/. store` does.
        try backup.copyFiles(to: directory)
        engine = try directory.open(on: .first)
        #expect(engine.historyDoubt == .copied)
        #expect(try engine.value("a") == "1")
        try engine.settleHistoryDoubt()
        try engine.put(["a": "newer"], .full)
        try engine.close()
        // The data alone.
        try directory.replaceContents(of: "data/1/data.mdb", by: backup)
        engine = try directory.open(on: .first)
        #expect(engine.historyDoubt == .copied)
        try engine.close()
    }

    @Test func `an older copy is doubted also where the last process was killed`() async throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        let backup = try TemporaryDirectory()
        try directory.copyFiles(to: backup)
        let path = directory.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let engine = try LMDBEngine.open(at: path, tables: [records], options: LMDBOptions(), machine: .first)
            try engine.put(["a": "newer"], .full)
            kill(getpid(), SIGKILL)
        }
        try backup.copyFiles(to: directory)
        let engine = try directory.open(on: .first)
        #expect(engine.historyDoubt == .copied)
        try engine.close()
    }

    @Test func `a store on another machine is doubted, and one whose machine is unknown is not`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        var engine = try directory.open(on: Machine(boot: "boot-1", id: nil))
        #expect(engine.historyDoubt == nil)
        try engine.close()
        try FileManager.default.removeItem(atPath: directory.path)
        try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: false)
        try directory.createStore(on: .first)
        engine = try directory.open(on: .second)
        #expect(engine.historyDoubt == .copied)
        try engine.close()
    }

    @Test func `a store without a record is a copy, and is checked`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        try FileManager.default.removeItem(atPath: directory.path + "/trust")
        let engine = try directory.open(on: .first)
        #expect(engine.historyDoubt == .copied)
        try engine.close()
        try FileManager.default.removeItem(atPath: directory.path + "/trust")
        let pages = try directory.usedPages().tree
        var bytes = try directory.dataBytes()
        for page in pages {
            bytes.replaceSubrange(
                page * pageByteCount..<(page + 1) * pageByteCount, with: repeatElement(0, count: pageByteCount))
        }
        try directory.replaceData(by: bytes)
        expectThrows(.corrupt, "The store is a copy") { _ = try directory.open(on: .first) }
    }

    @Test func `a record that is damaged or newer is refused, by those who write`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        for contents in ["", "swift-corestore-trust 1\n", "\0\0\0", String(repeating: "x", count: 10_000)] {
            try directory.write(contents, to: "trust")
            expectThrows(.corrupt, "remove the file") { _ = try directory.open(on: .first) }
            let reader = try directory.open(on: .first) { $0.access = .readOnly }
            try reader.close()
        }
        try directory.write("swift-corestore-trust 2\nanything", to: "trust")
        expectThrows(.unsupportedVersion, "update") { _ = try directory.open(on: .first) }
    }

    // MARK: Replacing the data file

    @Test(arguments: [false, true])
    func `a crash around a change of the data file brings up no doubt`(_ isSwitched: Bool) throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        let store = try StoreDirectory(directory.path, createsIfMissing: false)
        try FileManager.default.createDirectory(atPath: directory.path + "/data/2", withIntermediateDirectories: false)
        try FileManager.default.copyItem(
            atPath: directory.dataPath, toPath: directory.path + "/data/2/data.mdb")
        let trust = try Trust(examining: store, "data/1", isNew: false, .first)
        let new = try FileDescriptor(opening: directory.path + "/data/2/data.mdb", O_RDONLY)
        try trust.willReplaceData(try FileDescriptor(opening: directory.dataPath, O_RDONLY), by: new)
        #expect(try directory.trust().places.count == 2)
        if isSwitched { try EnvironmentPointer(environment: "data/2").write(in: store) }
        let engine = try directory.open(on: .first)
        #expect(engine.historyDoubt == nil)
        #expect(try directory.trust().places.count == 1)
        try engine.close()
    }

    @Test func `after a change of the data file only the new one is trusted`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        let store = try StoreDirectory(directory.path, createsIfMissing: false)
        let path = directory.path + "/data/2/data.mdb"
        try FileManager.default.createDirectory(atPath: directory.path + "/data/2", withIntermediateDirectories: false)
        try FileManager.default.copyItem(atPath: directory.dataPath, toPath: path)
        let trust = try Trust(examining: store, "data/1", isNew: false, .first)
        let new = try FileDescriptor(opening: path, O_RDONLY)
        try trust.willReplaceData(try FileDescriptor(opening: directory.dataPath, O_RDONLY), by: new)
        try trust.didReplaceData(by: new)
        #expect(try directory.trust().places.map(\.file) == [new.stamp])
        let engine = try directory.open(on: .first)
        #expect(engine.historyDoubt == .copied, "the pointer still names the old one")
        try engine.close()
    }

    @Test func `a compacted store is trusted, and notices copies as before`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        var engine = try directory.open(on: .first)
        try engine.put(["c": "3"])
        try engine.compact { _ in }
        let record = try directory.trust()
        #expect(record.places.count == 1 && record.state == .dirty(boot: "boot-1"))
        try engine.put(["d": "4"])
        try engine.close()
        engine = try directory.open(on: .firstAgain)
        #expect(engine.historyDoubt == nil)
        try engine.close()
        #expect(try LMDBEngine.check(at: directory.path).tables.map(\.entryCount) == [4])
        let copy = try TemporaryDirectory()
        try FileManager.default.removeItem(atPath: copy.path)
        try FileManager.default.copyItem(atPath: directory.path, toPath: copy.path)
        engine = try copy.open(on: .first)
        #expect(engine.historyDoubt == .copied)
        try engine.close()
    }

    @Test(arguments: CompactionStep.allCases)
    func `a compaction that is killed after any step brings up no doubt`(_ step: CompactionStep) async throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        let (path, step) = (directory.path, step.rawValue)
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, step = step as Int] in
            let engine = try LMDBEngine.open(at: path, tables: [records], options: LMDBOptions(), machine: .first)
            try engine.put(["c": "3"], .full)
            try engine.compact { _ in
            } didStep: { done in
                if done.rawValue == step { kill(getpid(), SIGKILL) }
            }
        }
        let engine = try directory.open(on: .firstAgain)
        #expect(engine.historyDoubt == nil)
        #expect(try engine.value("c") == "3")
        try engine.close()
    }

    @Test func `a backup is a copy`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        let engine = try directory.open(on: .first)
        let backup = try TemporaryDirectory()
        try engine.copy(to: backup.path) { _ in }
        try engine.close()
        let restored = try backup.open(on: .first)
        #expect(restored.historyDoubt == .copied)
        #expect(try restored.value("a") == "1")
        try restored.close()
    }

    @Test func `a suspended store is clean, and goes on when it is resumed`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open(on: .first)
        try engine.put(["a": "1"])
        try engine.suspend()
        #expect(try directory.trust().state == .clean)
        try engine.resume()
        #expect(try directory.trust().state == .clean)
        try engine.put(["a": "2"])
        #expect(try directory.trust().state == .dirty(boot: "boot-1"))
        try engine.close()
        #expect(try directory.trust().state == .clean)
    }

    @Test func `nothing is settled in a store that is suspended`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        let engine = try directory.open(on: .second)
        try engine.suspend()
        expectThrows(.closed, "suspended") { try engine.settleHistoryDoubt() }
        try engine.resume()
        #expect(engine.historyDoubt == .copied)
        try engine.settleHistoryDoubt()
        try engine.close()
        let settled = try directory.open(on: .second)
        #expect(settled.historyDoubt == nil)
        try settled.close()
    }

    @Test func `nothing is settled in a store that is closed`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore(on: .first)
        let engine = try directory.open(on: .second)
        try engine.close()
        expectThrows(.closed) { try engine.settleHistoryDoubt() }
    }
}

extension Machine {
    fileprivate static let first = Machine(boot: "boot-1", id: "machine 1")
    fileprivate static let firstAgain = Machine(boot: "boot-2", id: "machine 1")
    fileprivate static let second = Machine(boot: "boot-1", id: "machine 2")
}

extension TemporaryDirectory {
    fileprivate func open(
        on machine: Machine, _ configure: (inout LMDBOptions) -> Void = { _ in }
    ) throws -> LMDBEngine {
        var options = LMDBOptions()
        configure(&options)
        return try LMDBEngine.open(at: path, tables: [records], options: options, machine: machine)
    }

    fileprivate func createStore(on machine: Machine) throws {
        let engine = try open(on: machine)
        try engine.put(["a": "1", "b": "2"])
        try engine.close()
    }

    /// Leaves the store as a machine does that stops after a relaxed commit, and has lost nothing by chance.
    fileprivate func stopUncleanly() async throws {
        let path = path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let engine = try LMDBEngine.open(at: path, tables: [records], options: LMDBOptions(), machine: .first)
            try engine.put(["a": "1"], .full)
            try engine.put(["b": "1"], .relaxed)
            kill(getpid(), SIGKILL)
        }
    }

    fileprivate func trust() throws -> TrustRecord {
        try TrustRecord(text: try contents(of: "trust"), path: "trust")
    }

    /// Writes all files of the store to another directory, into those that are there already.
    fileprivate func copyFiles(to other: TemporaryDirectory) throws {
        try FileManager.default.createDirectory(atPath: other.path + "/data/1", withIntermediateDirectories: true)
        for file in ["environment", "trust", "writer.lock", "data/1/data.mdb", "data/1/lock.mdb"] {
            try other.replaceContents(of: file, by: self)
        }
    }

    fileprivate func replaceContents(of file: String, by other: TemporaryDirectory) throws {
        let data = try Data(contentsOf: URL(fileURLWithPath: other.path + "/" + file))
        try data.write(to: URL(fileURLWithPath: path + "/" + file))
    }
}
