/// Shows a download on its way: a bar that is drawn over itself on a terminal, a line now and then elsewhere, or JSON.
struct ProgressDisplay {
    private enum Form { case bar, lines, json }

    private let console: Console
    private let form: Form
    private let output = Descriptor.standardOutput

    init(_ console: Console) {
        self.console = console
        form = console.json ? .json : output.isTerminal ? .bar : .lines
    }

    /// How often to show.
    var interval: Duration { form == .bar ? .milliseconds(100) : .seconds(1) }

    /// Shows where the download is.
    func show(_ meter: ProgressMeter) throws {
        switch form {
        case .bar:
            // Return to the first column, draw, clear what is left of the line before.
            let bar = ProgressLine.bar(meter, width: output.columnCount ?? 80)
            try console.write(Array("\r\(bar)\u{1B}[K".utf8))
        case .lines:
            try console.print(ProgressLine.words(meter))
        case .json:
            try console.print(
                json: ProgressRecord(
                    blocks: meter.extent.stored, total: meter.extent.total, downloadedBytes: meter.downloadedBytes,
                    bytesPerSecond: meter.bytesPerSecond.rounded(), secondsLeft: meter.secondsLeft))
        }
    }

    /// Takes the bar off the screen, so that what follows stands on a line of its own.
    func clear() throws {
        if form == .bar { try console.write(Array("\r\u{1B}[K".utf8)) }
    }

    /// Says how it ended, below the last line of progress.
    func finish(_ record: SyncedRecord) throws {
        guard form != .json else { return try console.print(json: record) }
        let seconds = max(record.seconds, 0.001)
        let downloaded = "\(Words.blocks(record.downloadedBlocks)), \(Words.bytes(record.downloadedBytes))"
        let speed = "\(Words.duration(seconds: seconds)), \(Words.rate(Double(record.downloadedBytes) / seconds))"
        try console.print("\(record.event): downloaded \(downloaded) in \(speed)")
        try console.print(record.core)
    }
}
