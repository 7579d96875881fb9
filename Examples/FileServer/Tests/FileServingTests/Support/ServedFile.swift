import Corestore
import Crypto
import FileServing
import Foundation
import Hypercore
import StorageEngine

/// A server of one encrypted log, `/film`, for as long as a test runs.
struct ServedFile {
    let port: Int
    let log: Hypercore
    /// What the log was given, however its blocks are cut.
    let contents: [UInt8]
    /// What the server tells. One reader at a time.
    let events: AsyncStream<FileServer.Event>
    private let running: Task<Void, any Error>

    /// Serves `contents`, in blocks of 1,000 bytes where nothing else is said.
    static func with(
        _ contents: [UInt8] = (0..<10_500).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) },
        blockByteCount: Int = 1000,
        encryption: BlockEncryption = .key(SecretBytes(randomCount: 32)),
        _ body: (ServedFile) async throws -> Void
    ) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "file-server-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try await Corestore.open(at: directory.path, options: CorestoreOptions(durability: .relaxed))
        let log = try await store.get(name: "film", options: .encrypted(encryption))
        let starts = stride(from: 0, to: contents.count, by: blockByteCount)
        try await log.append(contentsOf: starts.map { Array(contents[$0..<min($0 + blockByteCount, contents.count)]) })

        let (events, continuation) = AsyncStream.makeStream(of: FileServer.Event.self)
        let server = FileServer(files: ["/film": log]) { continuation.yield($0) }
        let running = Task { try await server.run(host: "127.0.0.1", port: 0) }
        defer { running.cancel() }
        var iterator = events.makeAsyncIterator()
        guard case .listening(let port) = await iterator.next() else { return try await running.value }
        let file = ServedFile(port: port, log: log, contents: contents, events: events, running: running)
        try await body(file)
        await file.stop()
        try await store.close()
    }

    /// Stops the server, and waits until it has.
    func stop() async {
        running.cancel()
        _ = await running.result
    }

    /// What a client that asks for the file with these further header fields gets.
    func get(_ fields: String...) async throws -> Response {
        try await request("GET", fields)
    }

    func request(_ method: String, path: String = "/film", _ fields: [String] = []) async throws -> Response {
        let lines = ["\(method) \(path) HTTP/1.1", "host: test", "connection: close"] + fields
        let received = try await RawClient.exchange(lines.joined(separator: "\r\n") + "\r\n\r\n", port: port)
        return try Response.all(in: received).first ?? Response.missing
    }
}
