import Foundation
import Synchronization
import Testing

/// A `corestore` that goes on until it is stopped: what it prints is read as it comes.
final class RunningCommand: Sendable {
    private let process: Mutex<Process>
    private let input = Pipe()
    private let errorFile: URL
    private let directory: TemporaryDirectory
    private let ending: Task<Int32, any Error>
    private let lines: AsyncStream<String>

    init(_ arguments: [String]) throws {
        directory = try TemporaryDirectory()
        errorFile = directory.file("error")
        let output = Pipe()
        lines = Self.lines(of: output.fileHandleForReading)
        let process = Process()
        process.executableURL = Command.executable
        process.arguments = arguments
        process.standardInput = input
        process.standardOutput = output
        let errors = try FileHandle(forWritingTo: errorFile)
        process.standardError = errors
        let (ended, end) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { process in
            end.yield((process.terminationReason == .uncaughtSignal ? 128 : 0) + process.terminationStatus)
        }
        try process.run()
        try errors.close()
        self.process = Mutex(process)
        ending = Task { try #require(await ended.first { _ in true }) }
    }

    deinit {
        // A test that failed half-way leaves nothing running.
        process.withLock { if $0.isRunning { $0.terminate() } }
    }

    /// Writes to its standard input.
    func write(_ text: String) throws {
        try write(Array(text.utf8))
    }

    /// Writes to its standard input.
    func write(_ bytes: [UInt8]) throws {
        try input.fileHandleForWriting.write(contentsOf: Data(bytes))
    }

    /// Ends its standard input.
    func closeInput() throws {
        try input.fileHandleForWriting.close()
    }

    /// Waits for a line for which `condition` holds, and drops those before it.
    func line(where condition: @Sendable (String) -> Bool) async throws -> String {
        try #require(await lines.first(where: condition), "it ended before; its errors: \(errors)")
    }

    /// Waits for a line of JSON that is a `Record` for which `condition` holds.
    func object<Record: Decodable & Sendable>(
        where condition: @Sendable (Record) -> Bool
    ) async throws -> Record {
        for await line in lines {
            let record = try? JSONDecoder().decode(Record.self, from: Data(line.utf8))
            if let record, condition(record) { return record }
        }
        throw EndedEarly(errors: errors)
    }

    var processIdentifier: Int32 { process.withLock { $0.processIdentifier } }

    /// Whether it has not ended yet.
    var isRunning: Bool { process.withLock { $0.isRunning } }

    /// Asks it to stop, as Ctrl-C or a service manager does.
    func send(_ signal: Int32) {
        process.withLock { if $0.isRunning { _ = kill($0.processIdentifier, signal) } }
    }

    /// Waits for its end, and returns its exit status.
    func status() async throws -> Int32 {
        try await ending.value
    }

    /// What it wrote to standard error so far.
    var errors: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

    struct EndedEarly: Error {
        let errors: String
    }

    /// The lines that come from `handle`, read by a thread of their own.
    ///
    /// Not by a `readabilityHandler`: several of those that end at once crash the process on Linux
    /// (swift-corelibs-libdispatch, issue 949).
    private static func lines(of handle: FileHandle) -> AsyncStream<String> {
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        Thread.detachNewThread {
            var pending: [UInt8] = []
            while true {
                let data = handle.availableData
                guard !data.isEmpty else { return continuation.finish() }
                pending += data
                while let newline = pending.firstIndex(of: UInt8(ascii: "\n")) {
                    continuation.yield(String(decoding: pending[..<newline], as: UTF8.self))
                    pending.removeSubrange(...newline)
                }
            }
        }
        return lines
    }
}
