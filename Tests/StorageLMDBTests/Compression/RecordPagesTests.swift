import CCorestoreLMDB
import StorageEngine
import Testing

@testable import StorageLMDB

/// Compares the arithmetic of pages with what LMDB does.
@Suite struct RecordPagesTests {
    @Test(arguments: [1, 16, 17, 511]) func `a value has as many pages of its own as LMDB gives it`(_ keyByteCount: Int)
        throws
    {
        let directory = try TemporaryDirectory()
        let engine = try directory.openBulk(.none)
        let pageByteCount = engine.environment.pointer.pageByteCount
        let pages = RecordPages(pageByteCount: pageByteCount)
        let longest = pages.longestInLeaf(keyByteCount: keyByteCount)
        let key = String(repeating: "k", count: keyByteCount)
        let edges = [0, longest, pageByteCount - 16, 2 * pageByteCount - 16, 17 * pageByteCount - 16]
        for size in edges.flatMap({ [$0 - 1, $0, $0 + 1] }) where size >= 0 {
            try engine.store([UInt8](repeating: 0, count: size), under: key)
            #expect(
                try pages.ownPageCount(storedByteCount: size, keyByteCount: keyByteCount) == ownPageCount(engine),
                "\(size) bytes")
        }
        try engine.close()
    }

    @Test func `what takes less takes fewer pages, or fewer bytes of a leaf, and is the longest that does`() {
        let pages = RecordPages(pageByteCount: 4_096)
        func count(_ size: Int) -> Int { pages.ownPageCount(storedByteCount: size, keyByteCount: 16) }
        for size in 1..<30_000 {
            let less = pages.longestThatTakesLess(than: size, keyByteCount: 16)
            if count(size) == 0 {
                #expect(less == size - 1)
            } else {
                #expect(count(less) == count(size) - 1 && count(less + 1) == count(size))
            }
        }
    }

    /// As LMDB counts them.
    private func ownPageCount(_ engine: LMDBEngine) throws -> Int {
        try engine.withView { view throws(StorageError) in
            var statistics = MDB_stat()
            mdb_stat(view.transaction.pointer, engine.environment.writableHandle(Bulk.bulk), &statistics)
            return statistics.ms_overflow_pages
        }
    }
}
