import Foundation
import StorageEngine
import Synchronization
import Testing

@testable import StorageLMDB

/// Views that wait in seats for the threads that read last.
@Suite(.timeLimit(.minutes(5))) struct ReaderSeatsTests {
    @Test func `a thread gets back the view that it read through, and another one for a read beside it`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        let pool = engine.readers
        let view = try pool.checkOut()
        pool.checkIn(view)
        for _ in 0..<3 {
            let again = try pool.checkOut()
            let beside = try pool.checkOut()
            #expect(again === view && beside !== view)
            #expect(pool.state.withLock { $0.openCount } == 1, "the view of the seat is not counted")
            pool.checkIn(beside)
            pool.checkIn(again)
        }
        #expect(pool.state.withLock { $0.openCount == 0 && $0.idle.count == 1 })
        try engine.close()
    }

    @Test func `closing waits for a read through a view that had a seat`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let (isReading, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let reader = Thread.result {
            #expect(try engine.value("a") == "1")
            return try engine.read { snapshot in
                isReading.signal()
                mayEnd.wait()
                return try snapshot.value("a")
            }
        }
        isReading.wait()
        #expect(engine.readers.state.withLock { $0.openCount } == 0)
        let closing = Thread.result { try engine.close() }
        while (try? engine.value("a")) != nil {}
        #expect(engine.readers.state.withLock { $0.openCount } == 1)
        mayEnd.signal()
        #expect(try reader.wait() == "1")
        try closing.wait()
    }

    @Test func `a read that had a seat when the data file was replaced finishes on the old one`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let (isReading, isPut, mayEnd) = (
            DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0)
        )
        let reader = Thread.result {
            #expect(try engine.value("a") == "1")
            let old = try engine.read { snapshot in
                isReading.signal()
                mayEnd.wait()
                return try snapshot.value("a")
            }
            isPut.wait()
            return [old, try engine.value("a"), try engine.value("a")]
        }
        isReading.wait()
        let compacting = Thread.result {
            try engine.compact(progress: { _ in }) { step in if step == .environmentReplaced { mayEnd.signal() } }
            try engine.put(["a": "2"])
            isPut.signal()
        }
        try compacting.wait()
        #expect(try reader.wait() == ["1", "2", "2"])
        #expect(engine.readers.state.withLock { $0.openCount == 0 && $0.outdatedCount == 0 })
        try engine.close()
    }

    @Test func `threads that come and go leave no reader behind that others lack`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open { $0.maximumReaders = 3 }
        try engine.put(["a": "1"])
        for _ in 0..<100 {
            // Two at a time: a thread's address is used again by the next one otherwise, and with it the seat.
            let readers = (0..<2).map { _ in Thread.result { try engine.value("a") } }
            for reader in readers { #expect(try reader.wait() == "1") }
        }
        try engine.close()
    }

    @Test func `seats that are cleared while threads read lose no view, and all reads are counted`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        let pool = engine.readers
        try engine.put(["a": "1"])
        let readers = (0..<4).map { _ in
            Thread.result { () throws -> Void in
                for _ in 0..<20_000 { #expect(try engine.value("a") == "1") }
            }
        }
        let isDone = Flag()
        let clearing = Thread.result {
            while !isDone.isRaised { pool.state.withLock { pool.clearSeats(&$0) } }
        }
        for reader in readers { try reader.wait() }
        isDone.raise()
        try clearing.wait()
        #expect(pool.state.withLock { $0.openCount } == 0)
        try engine.close()
    }

    @Test func `every read sees what was committed before it, also through a view that was seated before`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        for round in 0..<50 {
            try engine.put(["a": "\(round)"])
            #expect(try engine.value("a") == "\(round)")
        }
        try engine.close()
    }
}
