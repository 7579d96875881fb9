import Corestore
import Crypto
import Hypercore
import Testing

/// A store with very many logs, step by step: made, listed, opened again all at once, replicated over one connection.
///
/// Each step returns what it took, and leaves every log closed.
struct ManyLogs {
    let count: Int
    let directory: TemporaryDirectory
    var report: @Sendable (String) -> Void = { _ in }

    init(_ count: Int) throws {
        self.count = count
        directory = try TemporaryDirectory()
    }

    func name(_ number: Int) -> String { "log \(number)" }

    func block(_ number: Int) -> [UInt8] { Array("the only block of log \(number)".utf8) }

    /// Makes all logs, one block each.
    func make() async throws {
        let store = try await directory.open()
        try await measuring("made") {
            try await forEachBunch { number in
                let log = try await store.get(name: name(number))
                try await log.append(block(number))
                await log.close()
            }
        }
        #expect(store.openLogCount == 0)
        report("with all of them closed: \(bytes(since: nil))")
        try await store.close()
    }

    /// Lists all logs, and looks at each without opening it.
    func list() async throws -> [CoreKey] {
        let store = try await directory.open()
        var keys: [CoreKey] = []
        try await measuring("listed") {
            for try await discoveryKey in store.list() {
                let info = try #require(try store.info(of: discoveryKey))
                #expect(info.length == 1)
                keys.append(info.key)
            }
            var named = 0
            for try await _ in store.list(namespace: store.namespace) { named += 1 }
            #expect(named == count)
        }
        #expect(Set(keys).count == count && store.openLogCount == 0)
        try await store.close()
        return keys
    }

    /// Opens all logs and has them open at the same time.
    func reopen() async throws {
        let store = try await directory.open()
        let before = ProcessFigures.anonymousByteCount
        let files = ProcessFigures.openFileCount(under: directory.path)
        var logs: [Hypercore] = []
        logs.reserveCapacity(count)
        try await measuring("opened") {
            for number in 0..<count { logs.append(try await store.get(name: name(number))) }
        }
        #expect(store.openLogCount == count)
        report("bytes an open log: \(bytes(since: before))")
        #expect(ProcessFigures.openFileCount(under: directory.path) == files)
        for log in logs { #expect(log.length == 1 && log.isWritable) }
        for log in logs { await log.close() }
        logs = []
        #expect(store.openLogCount == 0)
        report("bytes a log that was open: \(bytes(since: before))")
        try await store.close()
    }

    /// Brings all logs to another store over one connection, from a store that opens each when it is asked for.
    ///
    /// - Parameter bunch: how many are wanted at a time.
    func replicate(_ keys: [CoreKey], bunch: Int) async throws {
        let target = try TemporaryDirectory()
        let store = try await directory.open { $0.isActive = false }
        let reader = try await target.open()
        let before = ProcessFigures.anonymousByteCount
        let files = ProcessFigures.openFileCount(under: directory.path)
        try await replicate(keys, bunch: bunch, from: store, to: reader) {
            report("open with a peer: \(store.openLogCount), bytes each, of both sides: \(bytes(since: before))")
            #expect(ProcessFigures.openFileCount(under: directory.path) == files)
            report("descriptors: \(files ?? -1)")
        }
        report("bytes a log that had a peer: \(bytes(since: before))")
        try await store.close()
        try await reader.close()
    }

    /// - Parameter body: called when all logs were brought over, while the connection is still there.
    private func replicate(
        _ keys: [CoreKey], bunch: Int, from store: Corestore, to reader: Corestore, then body: () -> Void
    ) async throws {
        let pipe = StorePipe(store, reader)
        try await measuring("replicated") {
            for start in stride(from: 0, to: keys.count, by: bunch) {
                var logs: [Hypercore] = []
                for key in keys[start..<min(start + bunch, keys.count)] {
                    logs.append(try await reader.get(key: key))
                }
                for log in logs {
                    let block = try await log.get(0)
                    #expect(block.starts(with: Array("the only block of log ".utf8)))
                }
            }
        }
        body()
        await pipe.cut()
        try await until { store.openLogCount == 0 && reader.openLogCount == 0 }
    }

    /// What the process has taken since a figure, divided by the number of logs; or what it has taken in all.
    private func bytes(since before: Int?) -> String {
        guard let now = ProcessFigures.anonymousByteCount else { return "unknown" }
        let all = "\(now >> 20) MB resident in all"
        return before.map { "\((now - $0) / count) (\(all))" } ?? all
    }

    private func measuring(_ what: String, _ body: () async throws -> Void) async rethrows {
        let duration = try await ContinuousClock().measure(body)
        report("\(what) \(count) logs in \(duration)")
    }

    /// Works on all logs, 64 at a time.
    private func forEachBunch(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                if number >= 64 { try await group.next() }
                group.addTask { try await body(number) }
            }
            try await group.waitForAll()
        }
    }
}
