import Foundation
import Testing

/// A store in a directory of its own, worked on by commands.
struct TestStore {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    var path: String { directory.path("store") }

    /// Runs a command on the store.
    func run(_ arguments: String..., input: [UInt8] = []) async throws -> Command.Result {
        try await Command.run(arguments + ["--store", path], input: input)
    }

    /// Runs a command on the store that has to succeed.
    @discardableResult
    func succeed(
        _ arguments: String..., input: [UInt8] = [], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Command.Result {
        let result = try await Command.run(arguments + ["--store", path], input: input)
        #expect(result.status == 0, "\(arguments): \(result.error)", sourceLocation: sourceLocation)
        #expect(result.error.isEmpty, sourceLocation: sourceLocation)
        return result
    }

    /// Starts a command on the store that goes on until it is stopped.
    func start(_ arguments: String...) throws -> RunningCommand {
        try RunningCommand(arguments + ["--store", path])
    }

    /// Makes each line a block of the core of a name, and returns its state.
    func appendLines(_ lines: [String], name: String = "log") async throws -> CoreInfo {
        let input = Array(lines.joined(separator: "\n").utf8)
        let result = try await succeed("append", "--name", name, "--line", "--json", input: input)
        return try #require(try result.objects(CoreInfo.self).first)
    }

    func info(_ selection: String...) async throws -> CoreInfo {
        let result = try await Command.run(["info"] + selection + ["--json", "--store", path])
        #expect(result.status == 0, "\(result.error)")
        return try #require(try result.objects(CoreInfo.self).first)
    }

    /// Looks again and again until `condition` holds.
    func waitUntil(_ condition: () throws -> Bool) async throws {
        // A pause between two looks leaves the processor to whoever is waited for.
        while try !condition() { try await Task.sleep(for: .milliseconds(1)) }
    }

    /// Starts serving, and returns the server with its address.
    func serve(_ options: String...) async throws -> (RunningCommand, address: String) {
        let server = try RunningCommand(["serve", "--store", path] + options)
        let line = try await server.line { $0.hasPrefix("listening on ") }
        return (server, String(line.dropFirst("listening on ".count)))
    }

    /// Serves as long as `body` runs.
    func serving(_ options: String..., body: (_ server: RunningCommand, _ address: String) async throws -> Void)
        async throws
    {
        let server = try RunningCommand(["serve", "--store", path] + options)
        let line = try await server.line { $0.hasPrefix("listening on ") }
        try await body(server, String(line.dropFirst("listening on ".count)))
        server.send(SIGTERM)
        #expect(await server.status() == 0)
    }
}
