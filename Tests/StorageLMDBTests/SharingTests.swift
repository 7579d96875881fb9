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
        expectThrows(.inUse, "this process") { _ = try LMDBEngine.open(at: link, tables: [records]) }
        try engine.put(["a": "1"])
        try engine.close()
        let reopened = try directory.open()
        #expect(try reopened.value("a") == "1")
        try reopened.close()
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
