import Logging

/// Keeps what is logged, for tests to wait for a line.
struct LogRecorder: LogHandler {
    struct Line: Sendable {
        let level: Logger.Level
        let message: String
        let metadata: [String: String]
    }

    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace
    private let lines: AsyncStream<Line>.Continuation

    private init(_ lines: AsyncStream<Line>.Continuation) {
        self.lines = lines
    }

    /// A logger, and what is logged through it.
    static func make() -> (Logger, AsyncStream<Line>) {
        let (lines, continuation) = AsyncStream.makeStream(of: Line.self)
        return (Logger(label: "test") { _ in LogRecorder(continuation) }, lines)
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        lines.yield(
            Line(level: event.level, message: "\(event.message)", metadata: all.mapValues { "\($0)" }))
    }
}

extension AsyncStream<LogRecorder.Line> {
    /// Waits for the first line of this text.
    func line(_ message: String) async -> LogRecorder.Line? {
        await first { $0.message == message }
    }
}
