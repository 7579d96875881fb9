import Foundation
import Synchronization
import Testing

@testable import CorestoreCLI

@Suite(.timeLimit(.minutes(2))) struct LiveInputTests {
    private let pipe = Pipe()
    private var input: Descriptor {
        Descriptor(number: pipe.fileHandleForReading.fileDescriptor, name: "a pipe")
    }

    private func write(_ text: String) throws {
        try pipe.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    }

    @Test func handsOverEachLineUntilTheEnd() async throws {
        try write("one\ntwo\nthr")
        try pipe.fileHandleForWriting.close()
        let lines = Lines()
        try await LiveInput.forEachBatch(of: input, cutting: .line) { lines.add($0) }
        #expect(lines.all == ["one", "two", "thr"], "the end of the input ends a line")
    }

    @Test func aBatchThatWasReadIsHandledToItsEnd() async throws {
        try write("one\ntwo\nthr")
        let lines = Lines()
        let (arrivals, arrive) = AsyncStream.makeStream(of: Void.self)
        let (permits, permit) = AsyncStream.makeStream(of: Void.self)
        let reading = Task {
            try await LiveInput.forEachBatch(of: input, cutting: .line) { batch in
                arrive.yield()
                for await _ in permits { break }
                #expect(!Task.isCancelled)
                lines.add(batch)
            }
        }
        for await _ in arrivals { break }
        reading.cancel()
        try write("ee\nfour\n")
        permit.yield()
        try await reading.value
        #expect(lines.all == ["one", "two"], "nothing is read after the stop")
    }

    @Test func aSilentInputCanBeGivenUp() async throws {
        let reading = Task {
            try await LiveInput.forEachBatch(of: input, cutting: .line) { _ in Issue.record("there are no lines") }
        }
        reading.cancel()
        try await reading.value
    }

    @Test func whatABatchFailsWithEndsTheReading() async throws {
        try write("one\n")
        await #expect(throws: Failure.self) {
            try await LiveInput.forEachBatch(of: input, cutting: .line) { _ in throw Failure("refused") }
        }
    }
}

/// The lines of batches, as they come.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])

    func add(_ batch: [[UInt8]]) {
        lines.withLock { $0 += batch.map { String(decoding: $0, as: UTF8.self) } }
    }

    var all: [String] { lines.withLock { $0 } }
}
