import Corestore
import Crypto
import Foundation
import Hypercore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct ArchiveFileTests {
    @Test func `a log goes to a file and from there to another store, on LMDB`() async throws {
        let directories = (try TemporaryDirectory(), try TemporaryDirectory())
        let store = try await directories.0.open { $0.compression = .zstd() }
        let log = try await store.log(sizes: Array(repeating: 5000, count: 700))
        try await log.clear(100..<300)
        let path = directories.0.path + "/log.archive"
        try await store.export(log, toFile: path)
        #expect(try [UInt8](Data(contentsOf: URL(filePath: path))) == (try await log.archived()))

        var other = try await directories.1.open()
        try await other.importArchive(fromFile: path, expecting: log.key)
        try await other.close()
        other = try await directories.1.open()
        let copy = try await other.get(key: log.key)
        #expect(try copy.storedBlocks() == log.storedBlocks() && copy.contiguousLength == 100)
        try await other.close()
        try await store.close()
    }

    @Test func `an export replaces a file only when it is complete, and leaves nothing else behind`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Corestore.inMemory()
        let log = try await store.log(sizes: [10])
        let path = directory.path + "/log.archive"
        try directory.write("before", to: "log.archive")
        await log.close()
        await expectLogError(.closed) { try await store.export(log, toFile: path) }
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await store.export(try await store.get(name: "log"), toFile: path)
        }
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "before")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["log.archive"])

        try await store.export(try await store.get(name: "log"), toFile: path)
        #expect(try await (try await Corestore.inMemory()).importArchive(fromFile: path).length == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["log.archive"])
        await expectArchiveError(.file) {
            try await store.export(try await store.get(name: "log"), toFile: directory.path + "/missing/log.archive")
        }
        await expectArchiveError(.file) { try await store.importArchive(fromFile: directory.path + "/missing") }
        await expectArchiveError(.file) { try await store.importArchive(fromFile: directory.path) }
        try await store.close()
    }

    @Test func `an import that is cancelled leaves a valid log, and goes on from there`() async throws {
        let source = try await Corestore.inMemory()
        let log = try await source.log(sizes: Array(repeating: 300_000, count: 30))
        let archive = try await log.archived()
        let directory = try TemporaryDirectory()
        var target = try await directory.open()
        let store = target
        let cancelled = Task {
            try await store.importArchive(from: Pieces(bytes: archive)) { progress in
                if progress.blockCount >= 9 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        try await target.close()

        target = try await directory.open()
        let copy = try await target.get(key: log.key)
        #expect(copy.length == 30 && copy.contiguousLength == 9)
        #expect(try copy.read(8) == log.read(8))
        let last = Latest()
        try await target.importArchive(from: Pieces(bytes: archive)) { last.progress = $0 }
        #expect(last.progress?.storedBlockCount == 21 && copy.contiguousLength == 30)
        #expect(try await copy.archived() == archive)
        try await target.close()
        try await source.close()
    }

    @Test func `what a source throws ends an import as it is`() async throws {
        struct Broken: Error {}
        let store = try await Corestore.inMemory()
        let source = try await Corestore.inMemory()
        let archive = try await source.log(sizes: Array(repeating: 300_000, count: 9)).archived()
        let pieces = AsyncThrowingStream<[UInt8], any Error> { continuation in
            continuation.yield(Array(archive[..<(archive.count / 2)]))
            continuation.finish(throwing: Broken())
        }
        await #expect(throws: Broken.self) { try await store.importArchive(from: pieces) }
        try await store.close()
        try await source.close()
    }
}
