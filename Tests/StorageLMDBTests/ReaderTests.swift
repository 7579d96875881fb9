import Foundation
import StorageEngine
import StorageLMDB
import Testing

@Suite(.timeLimit(.minutes(5))) struct ReaderTests {
    @Test func `more snapshots than the store has room for are refused, and work again later`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open { $0.maximumReaders = 2 }
        try engine.put(["a": "1"])
        let (isReading, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let readers = (0..<2).map { _ in
            Thread.result {
                try engine.read { snapshot in
                    isReading.signal()
                    mayEnd.wait()
                    return try snapshot.value("a")
                }
            }
        }
        for _ in readers { isReading.wait() }
        expectThrows(.tooManyReaders, "more readers") { _ = try engine.value("a") }
        for _ in readers { mayEnd.signal() }
        for reader in readers { #expect(try reader.wait() == "1") }
        #expect(try engine.value("a") == "1")
        #expect(try engine.removeStaleReaders() == 0)
        try engine.close()
    }

    @Test func `closing waits for a read under way, and lets no other in`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let (isReading, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let reader = Thread.result {
            try engine.read { snapshot in
                isReading.signal()
                mayEnd.wait()
                return [try snapshot.value("a"), try engine.value("a")]
            }
        }
        isReading.wait()
        let closing = Thread.result { try engine.close() }
        while (try? engine.value("a")) != nil {}
        mayEnd.signal()
        #expect(try reader.wait() == ["1", "1"])
        try closing.wait()
        expectThrows(.closed) { _ = try engine.value("a") }
        expectThrows(.closed) { _ = try engine.statistics() }
    }

    @Test func `statistics tell what is used and what is free`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        let empty = try engine.statistics()
        try engine.fill("large", 1_000_000)
        let filled = try engine.statistics()
        let pages = 1_000_000 / filled.pageByteCount
        #expect(filled.usedPageCount >= empty.usedPageCount + pages)
        #expect(filled.fileByteCount >= 1_000_000)
        #expect(filled.fileByteCount >= (filled.usedPageCount + filled.freePageCount) * filled.pageByteCount)
        #expect(filled.lastTransaction == empty.lastTransaction + 1)
        try engine.fill("large", 0)
        let freed = try engine.statistics()
        #expect(freed.freePageCount >= pages)
        #expect(freed.usedPageCount < filled.usedPageCount)
        #expect(freed.fileByteCount >= filled.fileByteCount)
        #expect(freed.maximumReaders == 512 && freed.peakReaders >= 1)
        try engine.close()
    }

    #if os(Linux)
    @Test func `a process that was forked off is refused`() async throws {
        // In a process of its own: a child of this one would keep every socket and lock of the tests beside it.
        await #expect(processExitsWith: .success) {
            let directory = try TemporaryDirectory()
            let engine = try directory.open()
            try engine.put(["a": "1"])
            // Swift hides `fork`, because a child of several threads may do little. This one asks and ends.
            let symbol = try #require(dlsym(nil, "fork"))
            let fork = unsafeBitCast(symbol, to: (@convention(c) () -> pid_t).self)
            let child = fork()
            if child == 0 {
                let read = Result { try engine.withSnapshot { _ in } }
                let others = [
                    Result { try engine.sync() }, Result { try engine.compact { _ in } },
                    Result { try engine.suspend() }, Result { try engine.copy(to: directory.path + "/copy") { _ in } },
                ]
                try? engine.close()
                _exit(read.isClosed && others.allSatisfy(\.isClosed) ? 0 : 1)
            }
            var status: Int32 = -1
            #expect(waitpid(child, &status, 0) == child && status == 0)
            #expect(try engine.value("a") == "1")
            try engine.put(["a": "2"])
            try engine.close()
        }
    }
    #endif
}

extension Result {
    fileprivate var isClosed: Bool {
        if case .failure(let error as StorageError) = self { error.code == .closed } else { false }
    }
}
