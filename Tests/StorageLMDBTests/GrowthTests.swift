import Foundation
import StorageEngine
import StorageLMDB
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct GrowthTests {
    @Test func `the map grows under readers and writers, and none of them notices`() async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open { $0.mapByteCount = 1 << 16 }
        let writer = GroupWriter(engine, durability: .relaxed)
        let isDone = Flag()
        let readers = (0..<3).map { _ in
            Thread.result {
                var reads = 0
                while !isDone.isRaised {
                    // Both counters are written together, so every snapshot sees them equal.
                    let (first, second) = try engine.read { (try $0.value("first"), try $0.value("second")) }
                    guard first == second else { throw StorageError(.corrupt, "\(first ?? "") and \(second ?? "")") }
                    reads += 1
                }
                return reads
            }
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for round in 0..<50 {
                        var set = WriteSet()
                        for key in ["first", "second"] { set.put(key, "\(task) \(round)") }
                        set.put("\(task) \(round)", String(repeating: "x", count: 10_000))
                        try await writer.commit(set)
                    }
                }
            }
            try await group.waitForAll()
        }
        isDone.raise()
        for reader in readers { #expect(try reader.wait() > 0) }
        #expect(try engine.statistics().mapByteCount >= 1 << 21)
        #expect(try engine.value("3 49")?.count == 10_000)
        await writer.close()
        try engine.close()
    }

    @Test func `a reader that waits for a lock whose holder begins to read does not stop growth`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open { $0.mapByteCount = 1 << 16 }
        try engine.put(["a": "1"])
        let (isReading, otherHasRead) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let reader = Thread.result {
            try engine.read { snapshot in
                isReading.signal()
                otherHasRead.wait()
                return try snapshot.value("a")
            }
        }
        isReading.wait()
        let writer = Thread.result { try engine.fill("large", 1 << 20) }
        // The write waits for the read, which waits for the reads of this thread; they come long after it has begun.
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .milliseconds(100) { _ = try engine.value("a") }
        otherHasRead.signal()
        #expect(try reader.wait() == "1")
        try writer.wait()
        #expect(try engine.value("large")?.count == 1 << 20)
        try engine.close()
    }

    @Test func `a file that has outgrown the wanted map is opened with a larger one`() throws {
        let directory = try TemporaryDirectory()
        var engine = try directory.open()
        try engine.fill("large", 1 << 20)
        try engine.close()
        engine = try directory.open { $0.mapByteCount = 1 << 16 }
        #expect(try engine.value("large")?.count == 1 << 20)
        try engine.fill("larger", 1 << 20)
        try engine.close()
    }

    @Test func `the address space of a terabyte is reserved, and no disk`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        let statistics = try engine.statistics()
        #expect(statistics.mapByteCount >= 1 << 30)
        #expect(statistics.fileByteCount < 1 << 20)
        try engine.close()
    }
}

/// Something that happens once.
final class Flag: Sendable {
    private let state = Atomic(false)

    var isRaised: Bool { state.load(ordering: .acquiring) }

    func raise() { state.store(true, ordering: .releasing) }
}

extension WriteSet {
    fileprivate mutating func put(_ key: String, _ value: String) {
        let bytes = Array(key.utf8)
        put(records, key: bytes.span.bytes, value: Array(value.utf8)[...])
    }
}
