import Foundation

/// Runs the `corestore` that was built beside the tests.
enum Command {
    /// What a command left behind.
    struct Result {
        let status: Int32
        let output: [UInt8]
        let error: String

        /// Standard output as text.
        var text: String { String(decoding: output, as: UTF8.self) }

        /// The objects that standard output consists of, one a line.
        func objects<Record: Decodable>(_ type: Record.Type = Record.self) throws -> [Record] {
            try text.split(separator: "\n").map { try JSONDecoder().decode(type, from: Data($0.utf8)) }
        }

        /// The objects that standard error consists of, one a line.
        func problems() throws -> [Problem] {
            try error.split(separator: "\n").map { try JSONDecoder().decode(Problem.self, from: Data($0.utf8)) }
        }

        /// The object on the last line of standard output.
        func last<Record: Decodable>(_ type: Record.Type) throws -> Record? {
            try text.split(separator: "\n").last.map { try JSONDecoder().decode(type, from: Data($0.utf8)) }
        }
    }

    static let executable: URL = {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }
        let folder = bundle?.bundleURL.deletingLastPathComponent() ?? Bundle.main.bundleURL
        return folder.appending(path: "corestore")
    }()

    /// Runs commands of a shell to their end, in which "$corestore" is the one that was built.
    static func shell(_ script: String) async throws -> Result {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "corestore='\(executable.path)'\n\(script)"]
        return try await run(process, input: .nullDevice)
    }

    /// Runs a command to its end.
    static func run(_ arguments: [String], input: [UInt8] = []) async throws -> Result {
        let directory = try TemporaryDirectory()
        return try await run(arguments, input: FileHandle(forReadingFrom: directory.file("input", input)))
    }

    /// Runs a command to its end whose standard input is `input`, which is closed then.
    static func run(_ arguments: [String], input: FileHandle) async throws -> Result {
        let process = Process()
        process.executableURL = executable
        process.arguments = arguments
        return try await run(process, input: input)
    }

    private static func run(_ process: Process, input: FileHandle) async throws -> Result {
        let directory = try TemporaryDirectory()
        let (outputFile, errorFile) = (directory.file("output"), directory.file("error"))
        let handles = [
            input, try FileHandle(forWritingTo: outputFile), try FileHandle(forWritingTo: errorFile),
        ]
        // A process that has ended may keep its handles for long, and there are many of them.
        defer { for handle in handles { try? handle.close() } }
        (process.standardInput, process.standardOutput, process.standardError) = (handles[0], handles[1], handles[2])
        let status = try await process.runToEnd()
        return Result(
            status: status, output: [UInt8](try Data(contentsOf: outputFile)),
            error: String(decoding: try Data(contentsOf: errorFile), as: UTF8.self))
    }
}

extension Process {
    /// Runs, and waits for the end without holding up a thread.
    ///
    /// - Returns: the exit status; of a process that a signal ended, 128 and the signal, as shells have it.
    func runToEnd() async throws -> Int32 {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
            terminationHandler = { process in
                let base: Int32 = process.terminationReason == .uncaughtSignal ? 128 : 0
                continuation.resume(returning: base + process.terminationStatus)
            }
            do {
                try run()
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }
}
