import Foundation
import StorageEngine
import Testing

@testable import StorageLMDB

/// Files that are shorter than their headers say: LMDB does not write pages that a transaction used and freed again.
@Suite struct IntegrityLengthTests {
    /// Leaves the store as a process does that dies after such a commit, and before the engine has lengthened the file.
    private func createShortStore(in directory: TemporaryDirectory) throws -> (length: Int, expected: Int) {
        let engine = try directory.open()
        // Commits leave free pages at the beginning, which the last one uses for all that it keeps.
        for number in 0..<20 { try engine.put(["a": "\(number)", "b\(number)": "\(number)"], .full) }
        try engine.write(durability: .full) { transaction throws(StorageError) in
            let key: [UInt8] = [1]
            let value = [UInt8](repeating: 7, count: 5_000_000)
            try transaction.put(records, key: key.span.bytes, value: value.span.bytes)
            try transaction.delete(records, key: key.span.bytes)
        }
        try engine.close()
        let report = try directory.check()
        let length = try directory.usedPages().end * pageByteCount
        let expected = report.pageCount * pageByteCount
        try #require(length < expected - 1_000_000)
        try #require(truncate(directory.dataPath, off_t(length)) == 0)
        return (length, expected)
    }

    private func length(of directory: TemporaryDirectory) throws -> Int {
        try FileDescriptor(opening: directory.dataPath, O_RDONLY).byteCount
    }

    @Test func `a file that lacks only free pages is opened, and lengthened`() throws {
        let directory = try TemporaryDirectory()
        let (_, expected) = try createShortStore(in: directory)
        #expect(try directory.check().lostPageCount == 0)
        let engine = try directory.open()
        #expect(try length(of: directory) == expected)
        #expect(try engine.value("a") == "19")
        // The pages that were missing are used now.
        try engine.fill("b", 5_000_000, .full)
        #expect(try engine.value("b")?.count == 5_000_000)
        try engine.close()
        try LMDBEngine.check(at: directory.path)
    }

    @Test func `a reader of such a file reads, and leaves it as it is`() throws {
        let directory = try TemporaryDirectory()
        let (short, _) = try createShortStore(in: directory)
        let engine = try directory.open { $0.access = .readOnly }
        #expect(try engine.value("a") == "19")
        #expect(try engine.statistics().freePageCount > 1_000)
        try engine.close()
        #expect(try length(of: directory) == short)
    }

    @Test func `such a file with a part of a page at its end is opened`() throws {
        let directory = try TemporaryDirectory()
        let (short, expected) = try createShortStore(in: directory)
        try #require(truncate(directory.dataPath, off_t(short + 1_000)) == 0)
        try directory.open().close()
        #expect(try length(of: directory) == expected)
    }

    @Test func `a file that lacks pages that are in use is refused, whichever they are`() throws {
        let directory = try TemporaryDirectory()
        var length = try createShortStore(in: directory).length
        while length > 2 * pageByteCount {
            length -= pageByteCount
            try #require(truncate(directory.dataPath, off_t(length)) == 0)
            expectThrows(.corrupt, "data.mdb") { _ = try directory.open() }
            expectThrows(.corrupt, "data.mdb") { _ = try directory.open { $0.access = .readOnly } }
            expectThrows(.corrupt, "data.mdb") { try LMDBEngine.check(at: directory.path) }
        }
    }

    @Test func `a header that tells of a file far longer than it is, is refused`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        var bytes = try directory.dataBytes()
        for page in [0, pageByteCount] {
            bytes.replaceSubrange(page + 136..<page + 144, with: [0, 0, 0, 0, 0, 1, 0, 0])
        }
        try directory.replaceData(by: bytes)
        expectThrows(.corrupt, "far from the file's end") { _ = try directory.open() }
    }

    @Test(arguments: [0, 1, 3, 100, 4_097, 1 << 20, 1 << 31] as [UInt32])
    func `a header with impossible pages is refused before LMDB divides by their size`(_ size: UInt32) throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        var bytes = try directory.dataBytes()
        let size = withUnsafeBytes(of: size) { Array($0) }
        for page in [0, pageByteCount] { bytes.replaceSubrange(page + 40..<page + 44, with: size) }
        try directory.replaceData(by: bytes)
        expectThrows(.corrupt, "header") { _ = try directory.open() }
        expectThrows(.corrupt, "header") { _ = try directory.open { $0.access = .readOnly } }
    }
}
