import Foundation
import StorageEngine
import StorageLMDB
import Testing

/// What a user who lacks permissions gets. Root lacks none, so where the tests run as root, a process of its own becomes
/// somebody else first.
@Suite(.timeLimit(.minutes(5))) struct PermissionTests {
    @Test func `a directory that may not be entered is refused`() async throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        try directory.setPermissions(0)
        let path = directory.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            try becomeNobody()
            expectThrows(.inaccessible, "permissions") { _ = try LMDBEngine.open(at: path, tables: [records]) }
            expectThrows(.inaccessible, "permissions") { _ = try openForReading(path) }
        }
        try directory.setPermissions(0o700)
    }

    @Test func `a store that may only be looked at is refused, since readers have to register`() async throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        for file in ["", "data", "data/1"] { try directory.setPermissions(0o555, of: file) }
        for file in ["environment", "writer.lock", "data/1/data.mdb", "data/1/lock.mdb"] {
            try directory.setPermissions(0o444, of: file)
        }
        let path = directory.path
        await #expect(processExitsWith: .success) { [path = path as String] in
            try becomeNobody()
            expectThrows(.inaccessible, "permissions") { _ = try LMDBEngine.open(at: path, tables: [records]) }
            expectThrows(.inaccessible, "permissions") { _ = try openForReading(path) }
        }
        for file in ["", "data", "data/1"] { try directory.setPermissions(0o700, of: file) }
    }

    @Test func `a user who may use the lock file may read, and is seen by compaction`() async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        for file in ["", "data", "data/1"] { try directory.setPermissions(0o755, of: file) }
        for file in ["environment", "data/1/data.mdb"] { try directory.setPermissions(0o644, of: file) }
        try directory.setPermissions(0o666, of: "data/1/lock.mdb")
        let path = directory.path
        let (attached, refused) = (FileSignal("attached", beside: path), FileSignal("refused", beside: path))
        defer { [attached, refused].forEach { $0.remove() } }
        let compacting = Thread.result {
            let process = try attached.wait()
            expectThrows(.inUse, "process \(process)") { try engine.compact { _ in } }
            try refused.raise()
        }
        await #expect(processExitsWith: .success) { [path = path as String] in
            try becomeNobody()
            let reader = try openForReading(path)
            #expect(try reader.value("a") == "1")
            try FileSignal("attached", beside: path).raise("\(getpid())")
            try FileSignal("refused", beside: path).wait()
            try reader.close()
        }
        try compacting.wait()
        try engine.close()
    }

    @Test func `a copy to where nothing may be created is refused`() async throws {
        let (directory, target) = (try TemporaryDirectory(), try TemporaryDirectory())
        try directory.setPermissions(0o777)
        try target.setPermissions(0o555)
        let (path, copy) = (directory.path, target.path)
        await #expect(processExitsWith: .success) { [path = path as String, copy = copy as String] in
            try becomeNobody()
            let engine = try LMDBEngine.open(at: path + "/store", tables: [records])
            try engine.put(["a": "1"])
            expectThrows(.inaccessible, "permissions") { try engine.copy(to: copy) { _ in } }
            expectThrows(.inaccessible, "permissions") { try engine.copy(to: copy + "/new") { _ in } }
            try engine.close()
        }
        #expect(try target.files() == [])
    }
}

/// Gives up being root for the rest of the process.
private func becomeNobody() throws {
    guard geteuid() == 0 else { return }
    let nobody: uid_t = 65_534
    try #require(setgid(nobody) == 0 && setuid(nobody) == 0)
}

extension TemporaryDirectory {
    fileprivate func setPermissions(_ permissions: Int, of file: String = "") throws {
        try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path + "/" + file)
    }
}
