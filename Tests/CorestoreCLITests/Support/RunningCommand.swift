import Foundation
import TestSupport
import Testing

/// A `corestore` that goes on until it is stopped: what it prints is read as it comes.
final class RunningCommand: Sendable {
    private let process: ChildProcess
    private let input = Pipe()
    private let errorFile: URL
    private let directory: TemporaryDirectory
    private let lines: AsyncStream<String>

    init(_ arguments: [String]) throws {
        directory = try TemporaryDirectory()
        errorFile = directory.file("error")
        let output = Pipe()
        lines = Self.lines(of: output.fileHandleForReading)
        let errors = try FileHandle(forWritingTo: errorFile)
        process = try ChildProcess(
            Command.executable, arguments, input: input.fileHandleForReading, output: output.fileHandleForWriting,
            errors: errors)
        // Its own ends are all that there is of them.
        for handle in [input.fileHandleForReading, output.fileHandleForWriting, errors] { try handle.close() }
    }

    deinit {
        // A test that failed half-way leaves nothing running.
        process.send(SIGTERM)
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

    var processIdentifier: Int32 { process.processIdentifier }

    /// Whether it has not ended yet.
    var isRunning: Bool { process.isRunning }

    /// Asks it to stop, as Ctrl-C or a service manager does.
    func send(_ signal: Int32) {
        process.send(signal)
    }

    /// Waits for its end, and returns its exit status.
    func status() async -> Int32 {
        await process.status()
    }

    /// What it wrote to standard error so far.
    var errors: String { (try? String(contentsOf: errorFile, encoding: .utf8)) ?? "" }

    struct EndedEarly: Error {
        let errors: String
    }

    /// The lines that come from `handle`, read by a thread of their own.
    ///
    /// Not by a `readabilityHandler`: several of those that end at once crash the process on Linux
    /// (swift-corelibs-libdispatch, issue 949). Nor by `availableData`, which takes an interrupted call for fatal.
    private static func lines(of handle: FileHandle) -> AsyncStream<String> {
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        Thread.detachNewThread {
            var pending: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = read(handle.fileDescriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return continuation.finish() }
                pending += buffer[..<count]
                while let newline = pending.firstIndex(of: UInt8(ascii: "\n")) {
                    continuation.yield(String(decoding: pending[..<newline], as: UTF8.self))
                    pending.removeSubrange(...newline)
                }
            }
        }
        return lines
    }
}
