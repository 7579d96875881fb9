import Foundation
import StorageEngine
import StorageLMDB
import Testing

@Suite struct SharingTests {
    @Test func `a store opens once in a process, by whatever path`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        let link = directory.path + "-link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: directory.path)
        defer { try? FileManager.default.removeItem(atPath: link) }
        expectThrows(.inUse, "this process") { _ = try directory.open() }
        expectThrows(.inUse, "this process") { _ = try directory.open { $0.access = .readOnly } }
        let name = (directory.path as NSString).lastPathComponent
        for path in [link, directory.path + "/", directory.path + "/../" + name, directory.path + "/data/.."] {
            expectThrows(.inUse, "this process") { _ = try LMDBEngine.open(at: path, tables: [records]) }
        }
        try engine.put(["a": "1"])
        try engine.close()
        let reopened = try directory.open()
        #expect(try reopened.value("a") == "1")
        try reopened.close()
    }

    @Test func `a store opened by a relative path is the same one, also after the process has moved`() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path
        // A process has one working directory, so this takes one of its own.
        await #expect(processExitsWith: .success) { [path = path as String] in
            try #require(chdir(path) == 0)
            let engine = try LMDBEngine.open(at: "store", tables: [records])
            try engine.put(["a": "1"])
            expectThrows(.inUse) { _ = try LMDBEngine.open(at: path + "/store", tables: [records]) }
            expectThrows(.inUse) { _ = try LMDBEngine.open(at: "./store", tables: [records]) }
            try #require(chdir("/") == 0)
            try engine.compact { _ in }
            try engine.suspend()
            try engine.resume()
            #expect(try engine.value("a") == "1")
            try engine.close()
        }
        #expect(FileManager.default.fileExists(atPath: path + "/store/data/2/data.mdb"))
    }

    @Test func `a store that nobody keeps closes itself`() throws {
        let directory = try TemporaryDirectory()
        do {
            let engine = try directory.open()
            try engine.put(["a": "1"])
        }
        let reopened = try directory.open()
        #expect(try reopened.value("a") == "1")
        try reopened.close()
    }

    @Test func `a store that could not be opened can be opened later`() throws {
        let directory = try TemporaryDirectory()
        try directory.write("damaged", to: "environment")
        for _ in 0..<3 { expectThrows(.corrupt) { _ = try directory.open() } }
        try FileManager.default.removeItem(atPath: directory.path + "/environment")
        try directory.createStore()
    }

    @Test func `a second writer is refused with the first one's process id`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        // Locks belong to open files, so one of this process stands for another process's as well.
        let descriptor = open(directory.path + "/writer.lock", O_RDWR)
        try #require(descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        try "4711\n".write(toFile: directory.path + "/writer.lock", atomically: false, encoding: .utf8)
        expectThrows(.inUse, "process 4711") { _ = try directory.open() }
        let reader = try directory.open { $0.access = .readOnly }
        #expect(try reader.value("a") == "1")
        try reader.close()
        close(descriptor)
        try directory.open().close()
    }

    @Test func `a store that was closed can be opened though a child process still has its files`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        // What a child has between `fork` and `exec`: another descriptor of the same open file.
        let duplicates = try openDescriptors(of: directory.path + "/writer.lock").map { dup($0) }
        defer { duplicates.forEach { close($0) } }
        try #require(!duplicates.isEmpty)
        try engine.close()
        try directory.open().close()
    }

    @Test func `an open store keeps other writers out`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        let descriptor = open(directory.path + "/writer.lock", O_RDWR)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) != 0)
        try engine.close()
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    }
}

/// The descriptors by which this process has a file open.
private func openDescriptors(of path: String) throws -> [Int32] {
    var wanted = stat()
    try #require(stat(path, &wanted) == 0)
    return (0..<4_096).filter { descriptor in
        var found = stat()
        return fstat(descriptor, &found) == 0 && found.st_dev == wanted.st_dev && found.st_ino == wanted.st_ino
    }
}
