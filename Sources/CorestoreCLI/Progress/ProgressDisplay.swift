import CorestoreNIO
import Crypto

/// Shows work on its way: a bar that is drawn over itself on a terminal, a line now and then elsewhere, or JSON.
struct ProgressDisplay {
    private enum Form { case bar, lines, json }

    let console: Console
    private let form: Form

    init(_ console: Console) {
        self.console = console
        form = console.json ? .json : console.isTerminal ? .bar : .lines
    }

    /// How often to show.
    var interval: Duration { form == .bar ? .milliseconds(100) : .seconds(1) }

    /// How long to wait before looking again, after it took so long to find out what to show: of ten thousand cores some 25 ms.
    /// Looking is not to take more than a twentieth of the time.
    func pause(afterLookingFor time: Duration) -> Duration { max(interval, time * 20) }

    /// How often to show what goes on for days: a log that somebody keeps need not have a line a second.
    var serverInterval: Duration { form == .lines ? .seconds(10) : .seconds(1) }

    /// Shows how far a download, a copy or an import is.
    func show(_ meter: ProgressMeter) throws {
        switch (form, meter.work) {
        case (.bar, _): try draw(ProgressLine.bar(meter, width: console.columnCount ?? 80))
        case (.lines, _): try console.print(ProgressLine.words(meter))
        case (.json, .download): try console.print(json: ProgressRecord(meter))
        case (.json, .copy): try console.print(json: CopyProgressRecord(meter))
        case (.json, .importing): try console.print(json: ImportProgressRecord(meter))
        }
    }

    /// Shows for how long something has been done of which nobody can tell how long it takes.
    func show(_ activity: String, since start: ContinuousClock.Instant) throws {
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let line = "\(activity), \(Words.clock(seconds: seconds))"
        switch form {
        case .bar: try draw(String(line.prefix((console.columnCount ?? 80) - 1)))
        case .lines: try console.print(line)
        case .json: try console.print(json: ActivityRecord(activity: activity, seconds: seconds))
        }
    }

    /// Shows a line that is drawn over itself, or what stands in its place.
    func show(status: String, or record: some Encodable) throws {
        switch form {
        case .bar: try draw(String(status.prefix((console.columnCount ?? 80) - 1)))
        case .lines: try console.print(status)
        case .json: try console.print(json: record)
        }
    }

    /// Whether what is shown takes the place of what was shown before, so that showing the same again is no noise.
    var isRedrawn: Bool { form == .bar }

    private func draw(_ line: String) throws {
        // Return to the first column, draw, clear what is left of the line before.
        try console.write(Array("\r\(line)\u{1B}[K".utf8))
    }

    /// Takes the bar off the screen, so that what follows stands on a line of its own.
    func clear() throws {
        if form == .bar { try console.write(Array("\r\u{1B}[K".utf8)) }
    }

    /// Says how a download ended, below the last line of progress; of one among many, in one line.
    func finish(_ record: SyncedRecord, isSingle: Bool) throws {
        guard form != .json else { return try console.print(json: record) }
        let downloaded = "\(Words.blocks(record.downloadedBlocks)), \(Words.bytes(record.downloadedBytes))"
        guard isSingle else {
            return try note("\(record.core.key): \(Words.blocks(record.core.length)), downloaded \(downloaded)")
        }
        let seconds = max(record.seconds, 0.001)
        let speed = "\(Words.duration(seconds: seconds)), \(Words.rate(Double(record.downloadedBytes) / seconds))"
        try note("\(record.event): downloaded \(downloaded) in \(speed)")
        try console.print(record.core)
    }

    /// Prints a line above the bar, which is drawn again below it.
    private func note(_ line: String) throws {
        try console.write(Array("\(form == .bar ? "\r\u{1B}[K" : "")\(line)\n".utf8))
    }

    /// Prints a line above the bar, or an object.
    func note(_ line: String, or record: some Encodable) throws {
        try form == .json ? console.print(json: record) : note(line)
    }

    /// Says where a server listens, and what it is known by.
    func announce(_ server: ReplicationServer) throws {
        try note("listening on \(server.endpoint)\npublic key \(server.publicKey)", or: ListeningRecord(server))
    }

    /// Tells on standard error why a core is given up, above the bar.
    func complain(_ error: any Error, about key: CoreKey) {
        let words = "\(error)"
        complain(words.contains(key.text) ? words : "\(key): \(words)", key: key)
    }

    /// Tells on standard error of something that went otherwise than asked, above the bar.
    func complain(_ line: String, key: CoreKey? = nil) {
        try? clear()
        console.complain(line, key: key)
    }
}

// MARK: - Beside work

extension ProgressDisplay {
    /// Does `work`, and calls `show` now and then until it has ended.
    func during<Result: Sendable>(
        _ work: @escaping @Sendable () async throws -> Result, show: @escaping @Sendable () throws -> Void
    ) async throws -> Result {
        defer { try? clear() }
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { try await work() }
            group.addTask {
                while true {
                    try await Task.sleep(for: interval)
                    try show()
                }
            }
            defer { group.cancelAll() }
            // Showing goes on for ever, but for errors.
            guard let result = try await group.next() else { preconditionFailure("two tasks ended without a result") }
            return result
        }
    }
}
