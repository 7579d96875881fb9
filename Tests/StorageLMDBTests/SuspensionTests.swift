import Foundation
import StorageEngine
import Testing

@testable import StorageLMDB

@Suite(.timeLimit(.minutes(5))) struct SuspensionTests {
    @Test func `a suspended store refuses everything, and works again when it is resumed`() throws {
        let (directory, backups) = (try TemporaryDirectory(), try TemporaryDirectory())
        let engine = try directory.open()
        try engine.put(["a": "1"])
        for round in 0..<3 {
            try engine.suspend()
            try engine.suspend()
            expectThrows(.suspended) { _ = try engine.value("a") }
            expectThrows(.suspended) { try engine.put(["a": "2"]) }
            expectThrows(.suspended) { try engine.sync() }
            expectThrows(.suspended) { _ = try engine.statistics() }
            expectThrows(.suspended) { try engine.compact { _ in } }
            expectThrows(.suspended) { try engine.copy(to: backups.path + "/copy") { _ in } }
            try engine.resume()
            try engine.resume()
            #expect(try engine.value("a") == "1")
            try engine.put(["round": "\(round)"])
        }
        try engine.compact { _ in }
        try engine.suspend()
        try engine.resume()
        #expect(try engine.contents() == ["a": "1", "round": "2"])
        try engine.close()
        #expect(try backups.files() == [])
    }

    @Test func `a suspended store holds no lock, and another may be opened in its place`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        try engine.suspend()
        let other = try directory.open()
        #expect(try other.value("a") == "1")
        expectThrows(.inUse) { try engine.resume() }
        expectThrows(.suspended) { _ = try engine.value("a") }
        try other.close()
        try engine.resume()
        #expect(try engine.value("a") == "1")
        try engine.close()
    }

    @Test(arguments: ["writes", "compacts", "replaces the file", "removes the store"])
    func `a store that was changed meanwhile is not resumed`(_ change: String) throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        try engine.suspend()
        switch change {
        case "writes", "compacts":
            let other = try directory.open()
            if change == "writes" { try other.put(["a": "2"]) } else { try other.compact { _ in } }
            try other.close()
        case "replaces the file":
            let copy = directory.dataPath + ".copy"
            try FileManager.default.copyItem(atPath: directory.dataPath, toPath: copy)
            try #require(rename(copy, directory.dataPath) == 0)
        default:
            try FileManager.default.removeItem(atPath: directory.path + "/environment")
        }
        for _ in 0..<2 {
            expectThrows(.conflict) { try engine.resume() }
            expectThrows(.suspended) { _ = try engine.value("a") }
        }
        try engine.close()
        expectThrows(.closed) { try engine.resume() }
        guard change != "removes the store" else { return }
        let reopened = try directory.open()
        #expect(try reopened.value("a") == (change == "writes" ? "2" : "1"))
        try reopened.close()
    }

    @Test func `what was written by a process that then died is noticed`() async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        try engine.suspend()
        let path = directory.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let other = try LMDBEngine.open(at: path, tables: [records])
            try other.put(["a": "2"])
            kill(getpid(), SIGKILL)
        }
        expectThrows(.conflict, "another process") { try engine.resume() }
        try engine.close()
    }

    @Test func `a store that is read only sees what was written meanwhile`() throws {
        let directory = try TemporaryDirectory()
        try directory.createStore()
        let reader = try directory.open { $0.access = .readOnly }
        #expect(try reader.value("a") == "1")
        try reader.suspend()
        let writer = try directory.open()
        try writer.put(["a": "2"])
        try writer.compact { _ in }
        try writer.close()
        try reader.resume()
        #expect(try reader.value("a") == "2")
        try reader.close()
    }

    @Test func `suspending waits for a read under way, and lets no other in`() throws {
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
        let suspending = Thread.result { try engine.suspend() }
        while (try? engine.value("a")) != nil {}
        expectThrows(.suspended) { try engine.put(["a": "2"]) }
        mayEnd.signal()
        #expect(try reader.wait() == ["1", "1"])
        try suspending.wait()
        try engine.resume()
        #expect(try engine.value("a") == "1")
        try engine.close()
    }

    @Test func `a write under way finishes, also one for which the map has to grow`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open { $0.mapByteCount = 1 << 16 }
        let (isWriting, mayGoOn) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let writer = Thread.result {
            var isFirst = true
            let (key, value) = (Array("large".utf8), [UInt8](repeating: 0x78, count: 1 << 20))
            try engine.write(durability: .relaxed) { transaction throws(StorageError) in
                if isFirst {
                    isFirst = false
                    isWriting.signal()
                    mayGoOn.wait()
                }
                try transaction.put(records, key: key.span.bytes, value: value.span.bytes)
            }
        }
        isWriting.wait()
        let suspending = Thread.result { try engine.suspend() }
        while (try? engine.value("a")) != nil || (try? engine.contents()) != nil {}
        mayGoOn.signal()
        try writer.wait()
        try suspending.wait()
        try engine.resume()
        #expect(try engine.value("large")?.count == 1 << 20)
        try engine.close()
    }

    @Test func `a suspended store can be closed, and a closed one not suspended`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        try engine.suspend()
        try engine.close()
        expectThrows(.closed) { _ = try engine.value("a") }
        expectThrows(.closed) { try engine.suspend() }
        expectThrows(.closed) { try engine.resume() }
        let reopened = try directory.open()
        #expect(try reopened.value("a") == "1")
        try reopened.close()
    }

    @Test func `a failed sync suspends all the same, and nothing is written after resuming`() throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let replaced = try ReplacedDescriptor(of: engine)
        expectThrows(.inputOutput) { try engine.suspend() }
        replaced.forget()
        expectThrows(.suspended) { _ = try engine.value("a") }
        try engine.resume()
        #expect(try engine.value("a") == "1")
        expectThrows(.poisoned, "open it again") { try engine.put(["a": "2"]) }
        expectThrows(.poisoned, "open it again") { try engine.compact { _ in } }
        try engine.close()
        let reopened = try directory.open()
        try reopened.put(["a": "2"])
        try reopened.close()
    }

    @Test func `suspending, resuming and closing at the same time end in order`() throws {
        for round in 0..<20 {
            let directory = try TemporaryDirectory()
            let engine = try directory.open()
            try engine.put(["a": "1"])
            let threads = (0..<4).map { number in
                Thread.result {
                    for _ in 0..<5 {
                        if number % 2 == 0 { try engine.suspend() } else { try engine.resume() }
                        if let value = try? engine.value("a") { #expect(value == "1") }
                    }
                }
            }
            for thread in threads { try thread.wait() }
            try engine.resume()
            #expect(try engine.value("a") == "1", "round \(round)")
            try engine.put(["a": "2"])
            try engine.close()
            try directory.open().close()
        }
    }
}
