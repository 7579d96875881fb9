import Foundation
import StorageEngine
import Testing

@testable import StorageLMDB

@Suite(.timeLimit(.minutes(5))) struct CompactionUnderLoadTests {
    @Test func `a read that has begun finishes on the old environment, later reads see the new one`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let (isReading, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let reader = Thread.result {
            try engine.read { snapshot in
                isReading.signal()
                mayEnd.wait()
                // The nested read sees the outer one's snapshot.
                return [try snapshot.value("a"), try engine.value("a")]
            }
        }
        isReading.wait()
        try engine.compact(progress: { _ in }) { step in
            do {
                #expect(try engine.value("a") == (step < .oldEnvironmentClosed ? "1" : "2"), "after \(step)")
                guard step == .environmentReplaced else { return }
                // The old environment is still read, and writers need not wait for that.
                try Thread.result { try engine.put(["a": "2"]) }.wait()
                #expect(try engine.value("a") == "2")
                #expect(try directory.environments() == ["1", "2"])
                mayEnd.signal()
            } catch {
                Issue.record(error)
            }
        }
        #expect(try reader.wait() == ["1", "1"])
        #expect(try directory.environments() == ["2"])
        try engine.close()
    }

    @Test func `a write that comes during the copy waits, and is in the new environment`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        var writer: ThreadResult<Void>?
        try engine.compact(progress: { _ in }) { step in
            do {
                if step == .directoryMade { writer = Thread.result { try engine.put(["a": "2"], .full) } }
                if step < .environmentReplaced { #expect(try engine.value("a") == "1") }
            } catch {
                Issue.record(error)
            }
        }
        try writer?.wait()
        #expect(try engine.value("a") == "2")
        try engine.close()
        let reopened = try directory.open()
        #expect(try reopened.value("a") == "2")
        try reopened.close()
    }

    @Test(arguments: [nil, 1 << 16])
    func `compaction under readers and writers loses nothing`(_ mapByteCount: Int?) async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open { $0.mapByteCount = mapByteCount }
        let writer = GroupWriter(engine, durability: .relaxed)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<3 {
                group.addTask {
                    for round in 0..<60 {
                        var set = WriteSet()
                        for key in ["first", "second", "\(task) \(round)"] {
                            let (key, value) = (Array(key.utf8), Array(repeating: UInt8(round), count: 5_000))
                            set.put(records, key: key.span.bytes, value: value[...])
                        }
                        try await writer.commit(set)
                        // Both are written together, so every snapshot sees them equal.
                        #expect(try engine.read { try $0.value("first") == $0.value("second") })
                    }
                }
            }
            let compacting = Thread.result { for _ in 0..<4 { try engine.compact { _ in } } }
            try await group.waitForAll()
            try compacting.wait()
        }
        let keys = Set((0..<3).flatMap { task in (0..<60).map { "\(task) \($0)" } })
        #expect(Set(try engine.contents().keys) == keys.union(["first", "second"]))
        await writer.close()
        try engine.close()
        #expect(try directory.environments().count == 1)
    }

    @Test func `one compaction waits for another`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.populate()
        let contents = try engine.contents()
        for thread in (0..<3).map({ _ in Thread.result { try engine.compact { _ in } } }) { try thread.wait() }
        #expect(try directory.environments() == ["4"])
        #expect(try engine.contents() == contents)
        try engine.close()
    }
}
