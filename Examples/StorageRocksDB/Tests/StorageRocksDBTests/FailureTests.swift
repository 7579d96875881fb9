import Foundation
import StorageEngine
import Testing

@testable import StorageRocksDB

/// A disk that is full is not among them: Debian builds RocksDB 7.8 with its assertions, and one of those ends the
/// process in the middle of a write of the log that fails.
@Suite struct FailureTests {
    @Test(
        arguments: [
            ("IO error: While lock file: /s/LOCK: Resource temporarily unavailable", .inUse),
            ("IO error: lock hold by current process, acquire time 1 acquiring thread 2: /s/LOCK: No locks", .inUse),
            ("IO error: While open a file for lock: /s/LOCK: Permission denied", .inaccessible),
            ("IO error: No space left on device: While appending to file: /s/4.log: No space left on device", .full),
            ("IO error: While appending to file: /s/4.log: Disk quota exceeded", .full),
            ("IO error: While fsync: /s/4.log: Input/output error", .inputOutput),
            ("Corruption: block checksum mismatch", .corrupt),
            ("Corruption: IO error: No such file or directory: While open a file: /s/9.sst", .corrupt),
            ("Invalid argument: Column families not opened: x", .corrupt),
            ("Not implemented: Unsupported compression method for this build", .unsupportedVersion),
        ] as [(String, StorageError.Code)])
    func `words mean what they say`(_ words: String, _ code: StorageError.Code) {
        #expect(RocksDBFailure(words: words).code == code)
    }

    @Test(arguments: ["CURRENT", "MANIFEST-", ".sst"])
    func `damage is noticed`(_ file: String) throws {
        let directory = try TemporaryDirectory()
        var engine = try directory.open { $0.memtableByteCount = 1 << 16 }
        let filling = Dictionary(
            uniqueKeysWithValues: (0..<2_000).map { ("\($0)", String(repeating: "x", count: 200)) })
        try engine.put(filling)
        try engine.close()
        // Opening again writes what is in the log out to sorted files.
        try directory.open().close()

        let names = try FileManager.default.contentsOfDirectory(atPath: directory.path).filter { $0.contains(file) }
        #expect(!names.isEmpty)
        for name in names {
            let url = URL(filePath: directory.path + "/" + name)
            var bytes = try Data(contentsOf: url)
            for index in stride(from: 0, to: bytes.count, by: 64) { bytes[index] ^= 0x5a }
            try bytes.write(to: url)
        }
        expectThrows(.corrupt, directory.path) {
            engine = try directory.open()
            _ = try engine.keys()
        }
    }

    @Test func `a failed write is told once, and then refused until the store is reopened`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        expectThrows(.inputOutput) {
            try engine.openDatabase?.poisoning { () throws(StorageError) in
                throw StorageError(.inputOutput, "the disk is gone")
            }
        }
        for durability in Durability.allCases {
            expectThrows(.poisoned, "the disk is gone") { try engine.put(["a": "2"], durability) }
        }
        expectThrows(.poisoned, "open it again") { try engine.sync() }
        #expect(try engine.value("a") == "1")
        try engine.close()
        expectThrows(.closed) { try engine.put(["a": "2"]) }

        let reopened = try directory.open()
        try reopened.put(["a": "2"])
        #expect(try reopened.value("a") == "2")
        try reopened.close()
    }
}
