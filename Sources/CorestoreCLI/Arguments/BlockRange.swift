import ArgumentParser

/// Which blocks of a core.
struct BlockRange: ParsableArguments {
    @Option(help: ArgumentHelp("The first block.", valueName: "n"))
    var start: UInt64 = 0

    @Option(help: ArgumentHelp("The first block past the last one.", valueName: "n"))
    var end: UInt64?

    func validate() throws {
        if let end, end < start {
            throw ValidationError("--end \(end) lies before --start \(start).")
        }
    }

    /// The range in a core of `length` blocks.
    ///
    /// - Throws: where the range reaches beyond the core.
    func resolve(length: UInt64) throws(Failure) -> Range<UInt64> {
        let end = end ?? max(start, length)
        guard end <= length || start == end else {
            throw Failure("the core has \(Words.blocks(length)), and --end \(end) lies beyond; --live waits for more")
        }
        guard start <= length else {
            throw Failure("the core has \(Words.blocks(length)), and --start \(start) lies beyond")
        }
        return start..<end
    }
}
