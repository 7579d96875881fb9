import Foundation
import StorageEngine
import Testing

@testable import StorageLMDB

/// Compaction beside processes that read. They are real ones: the bodies of the exit tests.
@Suite(.timeLimit(.minutes(5))) struct CompactionSharingTests {
    @Test func `compaction is refused while another process reads, with its process id`() async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let path = directory.path
        let (attached, refused) = (FileSignal("attached", beside: path), FileSignal("refused", beside: path))
        defer { [attached, refused].forEach { $0.remove() } }
        let compacting = Thread.result {
            let process = try attached.wait()
            expectThrows(.inUse, "process \(process)") { try engine.compact { _ in } }
            #expect(try directory.environments() == ["1"])
            try engine.put(["a": "2"])
            try refused.raise()
        }
        await #expect(processExitsWith: .success) { [path = path as String] in
            let reader = try openForReading(path)
            try FileSignal("attached", beside: path).raise("\(getpid())")
            try FileSignal("refused", beside: path).wait()
            #expect(try reader.value("a") == "2")
            try reader.close()
        }
        try compacting.wait()
        try engine.compact { _ in }
        #expect(try engine.value("a") == "2")
        try engine.close()
    }

    @Test func `a process that died does not stop compaction`() async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let path = directory.path
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            try openForReading(path).read { _ in _ = kill(getpid(), SIGKILL) }
        }
        try engine.compact { _ in }
        #expect(try engine.value("a") == "1")
        try engine.close()
    }

    @Test func `a process that opens the store during the copy stops the switch, and nothing is lost`() async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let path = directory.path
        let signals = ["begun", "attached", "refused"].map { FileSignal($0, beside: path) }
        defer { signals.forEach { $0.remove() } }
        let (begun, attached, refused) = (signals[0], signals[1], signals[2])
        let compacting = Thread.result {
            expectThrows(.inUse, "process") {
                try engine.compact(progress: { _ in }) { step in
                    #expect(step < .othersExcluded)
                    guard step == .pagesCopied else { return }
                    _ = try? (begun.raise(), attached.wait())
                }
            }
            #expect(try directory.environments() == ["1"])
            try engine.put(["a": "2"])
            try refused.raise()
        }
        await #expect(processExitsWith: .success) { [path = path as String] in
            try FileSignal("begun", beside: path).wait()
            let reader = try openForReading(path)
            #expect(try reader.value("a") == "1")
            try FileSignal("attached", beside: path).raise()
            try FileSignal("refused", beside: path).wait()
            #expect(try reader.value("a") == "2")
            try reader.close()
        }
        try compacting.wait()
        try engine.close()
    }

    @Test func `a process that comes and goes during the copy is waited for`() async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let path = directory.path
        let (begun, attached) = (FileSignal("begun", beside: path), FileSignal("attached", beside: path))
        defer { [begun, attached].forEach { $0.remove() } }
        let compacting = Thread.result {
            try engine.compact(progress: { _ in }) { step in
                guard step == .environmentOpened else { return }
                _ = try? (begun.raise(), attached.wait())
            }
        }
        await #expect(processExitsWith: .success) { [path = path as String] in
            try FileSignal("begun", beside: path).wait()
            let reader = try openForReading(path)
            try FileSignal("attached", beside: path).raise()
            #expect(try reader.value("a") == "1")
            try reader.close()
        }
        try compacting.wait()
        #expect(try directory.environments() == ["2"])
        try engine.close()
    }

    @Test(arguments: ["othersExcluded", "pointerReplaced", "environmentReplaced", "oldEnvironmentClosed"])
    func `a process that opens the store around the switch reads the new environment`(_ step: String) async throws {
        let directory = try TemporaryDirectory()
        let engine = try directory.open()
        try engine.put(["a": "1"])
        let path = directory.path
        let signals = ["begun", "opening", "written"].map { FileSignal($0, beside: path) }
        defer { signals.forEach { $0.remove() } }
        let (begun, opening, written) = (signals[0], signals[1], signals[2])
        let compacting = Thread.result {
            try engine.compact(progress: { _ in }) { current in
                guard "\(current)" == step else { return }
                _ = try? (begun.raise(), opening.wait())
                // Gives the other process the time to come as far as it can.
                for _ in 0..<1_000 { sched_yield() }
            }
            // Nobody who reads the old environment ever sees this.
            try engine.put(["a": "2"])
            try written.raise()
        }
        await #expect(processExitsWith: .success) { [path = path as String] in
            try FileSignal("begun", beside: path).wait()
            try FileSignal("opening", beside: path).raise()
            let reader = try openForReading(path)
            try FileSignal("written", beside: path).wait()
            #expect(try reader.value("a") == "2")
            try reader.close()
        }
        try compacting.wait()
        #expect(try directory.environments() == ["2"])
        try engine.close()
    }
}

func openForReading(_ path: String) throws -> LMDBEngine {
    var options = LMDBOptions()
    options.access = .readOnly
    return try LMDBEngine.open(at: path, tables: [records], options: options)
}
