import Foundation
import StorageEngine
import Testing

@testable import StorageLMDB

@Suite struct DiskTests {
    @Test func `a failed page write leaves later writes working`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        for durability in Durability.allCases {
            // Pages cannot be written to a pipe.
            let replaced = try ReplacedDescriptor(of: engine)
            expectThrows(.inputOutput) { try engine.put(["a": "2"], durability) }
            #expect(try engine.value("a") == "1")
            replaced.restore()
            try engine.put(["b": "\(durability)"], durability)
            #expect(try engine.value("b") == "\(durability)")
        }
        try engine.close()
        let reopened = try directory.open()
        #expect(try reopened.value("a") == "1")
        try reopened.close()
    }

    @Test func `a failed sync poisons the engine until it is reopened`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        // A pipe cannot be synced either.
        let replaced = try ReplacedDescriptor(of: engine)
        expectThrows(.inputOutput) { try engine.sync() }
        replaced.restore()
        expectThrows(.poisoned, "open it again") { try engine.put(["a": "2"]) }
        expectThrows(.poisoned, "open it again") { try engine.sync() }
        #expect(try engine.value("a") == "1")
        try engine.close()
        expectThrows(.closed) { try engine.put(["a": "2"]) }
        let reopened = try directory.open()
        #expect(reopened.historyDoubt == .uncleanStop)
        try reopened.put(["a": "2"])
        #expect(try reopened.value("a") == "2")
        try reopened.close()
    }

    @Test func `closing reports a failed sync, and closes all the same`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let replaced = try ReplacedDescriptor(of: engine)
        expectThrows(.inputOutput) { try engine.close() }
        replaced.forget()
        try engine.close()
        try directory.open().close()
    }

    #if os(Linux)
    @Test(.enabled(if: geteuid() == 0, "mounting needs root"), arguments: Durability.allCases)
    func `a full disk fails the write, and one with room again takes the next`(_ durability: Durability) throws {
        let directory = try TemporaryDirectory()
        try #require(mount("tmpfs", directory.path, "tmpfs", 0, "size=4m") == 0)
        defer { umount(directory.path) }
        let engine = try directory.open()
        try engine.put(["a": "1"], .full)
        let ballast = directory.path + "/ballast"
        try Data(count: 1 << 20).write(to: URL(fileURLWithPath: ballast))
        expectThrows(.full, "make room") {
            for number in 0..<100 { try engine.fill("\(number)", 100_000, durability) }
        }
        #expect(try engine.value("a") == "1")
        try FileManager.default.removeItem(atPath: ballast)
        try engine.fill("after", 100_000, durability)
        #expect(try engine.value("after")?.count == 100_000)
        try engine.close()
        let reopened = try directory.open()
        #expect(try reopened.value("after")?.count == 100_000)
        try reopened.close()
    }
    #endif
}
