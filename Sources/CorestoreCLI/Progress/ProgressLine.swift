/// Puts the state of a download or a copy on one line.
enum ProgressLine {
    /// A bar that fills a line of `width` characters, with as much beside it as fits.
    ///
    ///      62% ▕███████▍    ▏  62,000 of 100,000 blocks   118 MB/s  0:03 left
    static func bar(_ meter: ProgressMeter, width: Int) -> String {
        let head = "\(Int(meter.extent.fraction * 100))%".aligned(to: 4)
        // Numbers keep their place as they grow, and the bar its width.
        let tail =
            "\(done(meter).aligned(to: columnCount(ofDone: meter))) of \(total(meter))  "
            + "\(Words.rate(meter.bytesPerSecond).aligned(to: 9))  "
            + "\(Words.clock(seconds: meter.secondsLeft ?? .infinity)) left"
            + (meter.cores.map { "  \(words(for: $0))" } ?? "")
        let room = width - head.count - tail.count - 5
        guard room >= 5 else { return String("\(head) \(tail)".prefix(max(0, width - 1))) }
        return "\(head) ▕\(filled(meter.extent.fraction, width: min(room, 40)))▏ \(tail)"
    }

    /// The same in words, for logs and pipes.
    static func words(_ meter: ProgressMeter) -> String {
        let percent = Int(meter.extent.fraction * 100)
        var line = "\(done(meter)) of \(total(meter)) (\(percent)%), "
        line += Words.rate(meter.bytesPerSecond)
        if let seconds = meter.secondsLeft { line += ", \(Words.clock(seconds: seconds)) left" }
        if let cores = meter.cores { line += ", \(words(for: cores))" }
        return line
    }

    /// "3 of 12 cores"
    private static func words(for cores: ProgressMeter.Cores) -> String {
        "\(Words.grouped(cores.done)) of \(Words.cores(cores.total))"
    }

    /// "62,000", "1.23 MB"
    private static func done(_ meter: ProgressMeter) -> String {
        switch meter.unit {
        case .blocks: Words.grouped(meter.extent.done)
        case .bytes: Words.bytes(meter.extent.done)
        }
    }

    /// "100,000 blocks", "4.56 GB"
    private static func total(_ meter: ProgressMeter) -> String {
        switch meter.unit {
        case .blocks: Words.blocks(meter.extent.total)
        case .bytes: Words.bytes(meter.extent.total)
        }
    }

    /// How many characters what is done takes in the end.
    private static func columnCount(ofDone meter: ProgressMeter) -> Int {
        switch meter.unit {
        case .blocks: Words.grouped(meter.extent.total).count
        case .bytes: "1.00 MB".count
        }
    }

    /// `width` characters, filled from the left in steps of an eighth.
    private static func filled(_ fraction: Double, width: Int) -> String {
        let steps = [" ", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        let eighths = Int(min(1, max(0, fraction)) * Double(width * 8))
        let full = eighths / 8
        guard full < width else { return String(repeating: "█", count: width) }
        return String(repeating: "█", count: full) + steps[eighths % 8]
            + String(repeating: " ", count: width - full - 1)
    }
}

extension String {
    /// The text at the right end of `width` characters.
    fileprivate func aligned(to width: Int) -> String {
        String(repeating: " ", count: max(0, width - count)) + self
    }
}
