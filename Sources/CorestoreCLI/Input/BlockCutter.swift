import Hypercore

/// Cuts a stream of bytes into blocks, however the stream is cut into pieces itself.
struct BlockCutter {
    /// Where one block ends and the next begins.
    enum Rule: Equatable {
        /// Every so many bytes; the last block takes what is left.
        case size(Int)
        /// At newlines, which belong to no block. A newline at the very end begins no further block.
        case line
    }

    private let rule: Rule
    /// The block that is being filled.
    private var open: [UInt8] = []
    private var lineCount = 0

    init(_ rule: Rule) {
        if case .size(let size) = rule { precondition(size > 0, "blocks of \(size) bytes never end") }
        self.rule = rule
    }

    /// Takes the next piece, and adds the blocks that it completes to `blocks`.
    ///
    /// - Throws: where a line is longer than a block may be.
    mutating func add(_ piece: [UInt8], to blocks: inout [[UInt8]]) throws(Failure) {
        switch rule {
        case .size(let size): cut(piece, every: size, to: &blocks)
        case .line: try cutLines(piece, to: &blocks)
        }
    }

    /// The stream has ended: adds the last block, if there is one.
    mutating func finish(to blocks: inout [[UInt8]]) {
        guard !open.isEmpty else { return }
        blocks.append(open)
        open = []
    }

    private mutating func cut(_ piece: [UInt8], every size: Int, to blocks: inout [[UInt8]]) {
        var rest = piece[...]
        while open.count + rest.count >= size {
            let missing = size - open.count
            blocks.append(open + rest.prefix(missing))
            open = []
            rest = rest.dropFirst(missing)
        }
        open += rest
    }

    private mutating func cutLines(_ piece: [UInt8], to blocks: inout [[UInt8]]) throws(Failure) {
        var rest = piece[...]
        while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
            try extendLine(with: rest[..<newline])
            blocks.append(open)
            open = []
            lineCount += 1
            rest = rest[(newline + 1)...]
        }
        try extendLine(with: rest)
    }

    private mutating func extendLine(with bytes: ArraySlice<UInt8>) throws(Failure) {
        guard open.count + bytes.count <= Hypercore.maximumBlockByteCount else {
            throw Failure(
                "line \(lineCount + 1) is longer than a block may be, \(Words.bytes(Hypercore.maximumBlockByteCount))")
        }
        open += bytes
    }
}
