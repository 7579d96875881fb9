/// Shows work on its way: a bar that is drawn over itself on a terminal, a line now and then elsewhere, or JSON.
struct ProgressDisplay {
    private enum Form { case bar, lines, json }

    private let console: Console
    private let form: Form

    init(_ console: Console) {
        self.console = console
        form = console.json ? .json : console.isTerminal ? .bar : .lines
    }

    /// How often to show.
    var interval: Duration { form == .bar ? .milliseconds(100) : .seconds(1) }

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

    private func draw(_ line: String) throws {
        // Return to the first column, draw, clear what is left of the line before.
        try console.write(Array("\r\(line)\u{1B}[K".utf8))
    }

    /// Takes the bar off the screen, so that what follows stands on a line of its own.
    func clear() throws {
        if form == .bar { try console.write(Array("\r\u{1B}[K".utf8)) }
    }

    /// Says how a download ended, below the last line of progress.
    func finish(_ record: SyncedRecord) throws {
        guard form != .json else { return try console.print(json: record) }
        let seconds = max(record.seconds, 0.001)
        let downloaded = "\(Words.blocks(record.downloadedBlocks)), \(Words.bytes(record.downloadedBytes))"
        let speed = "\(Words.duration(seconds: seconds)), \(Words.rate(Double(record.downloadedBytes) / seconds))"
        try console.print("\(record.event): downloaded \(downloaded) in \(speed)")
        try console.print(record.core)
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
