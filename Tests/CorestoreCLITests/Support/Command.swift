import Foundation
import TestSupport

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
        try await run(
            URL(filePath: "/bin/sh"), ["-c", "corestore='\(executable.path)'\n\(script)"], input: .nullDevice)
    }

    /// Runs a command to its end.
    static func run(_ arguments: [String], input: [UInt8] = []) async throws -> Result {
        let directory = try TemporaryDirectory()
        return try await run(arguments, input: FileHandle(forReadingFrom: directory.file("input", input)))
    }

    /// Runs a command to its end whose standard input is `input`, which is closed then.
    static func run(_ arguments: [String], input: FileHandle) async throws -> Result {
        defer { try? input.close() }
        return try await run(executable, arguments, input: input)
    }

    private static func run(_ program: URL, _ arguments: [String], input: FileHandle) async throws -> Result {
        let directory = try TemporaryDirectory()
        let (outputFile, errorFile) = (directory.file("output"), directory.file("error"))
        let (output, errors) = (try FileHandle(forWritingTo: outputFile), try FileHandle(forWritingTo: errorFile))
        defer { for handle in [output, errors] { try? handle.close() } }
        let status = try await ChildProcess(program, arguments, input: input, output: output, errors: errors).status()
        return Result(
            status: status, output: [UInt8](try Data(contentsOf: outputFile)),
            error: String(decoding: try Data(contentsOf: errorFile), as: UTF8.self))
    }
}
