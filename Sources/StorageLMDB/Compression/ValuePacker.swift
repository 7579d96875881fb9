import Synchronization
import Zstandard

/// Compresses values, and decides which are kept so.
///
/// `@unchecked Sendable`: touched only by the write transaction that ``ValuePacking`` has lent it to.
final class ValuePacker: @unchecked Sendable {
    /// The sizes of value that are tried.
    ///
    /// Below 192 bytes, lines of JSON did not shrink by an eighth: thirteen bytes of a frame are not content. The upper
    /// end is also the most that is decompressed, so a damaged frame cannot ask for more.
    static let byteCounts = 192...128 << 20

    /// A compressed value is kept only where this share of its bytes is saved, because it can no longer be read where
    /// it lies.
    private static let leastSavedShare = 8

    /// Its output is what ``pack(_:keyByteCount:)`` made last.
    private(set) var compressor: Compressor
    private let pages: RecordPages

    init(level: CompressionLevel, _ pages: RecordPages) throws(CompressionError) {
        compressor = try Compressor(level: level)
        self.pages = pages
    }

    /// Compresses `value`, and says whether that pays.
    func pack(_ value: RawSpan, keyByteCount: Int) -> Bool {
        let plainByteCount = StoredValue.headerByteCount + value.byteCount
        let smaller = pages.longestThatTakesLess(than: plainByteCount, keyByteCount: keyByteCount)
        let limit = min(value.byteCount - value.byteCount / Self.leastSavedShare, smaller - StoredValue.headerByteCount)
        // Where memory is short, the value is stored as it is.
        return (try? compressor.compress(value, atMost: limit)) ?? false
    }

    /// Frees what only a large value took.
    func shrink() {
        compressor.shrink(toAtMost: ValuePacking.keptByteCount)
    }
}

/// What an environment keeps for compressing values: one packer, which write transactions lend one after the other.
final class ValuePacking: Sendable {
    /// The largest output buffer that is kept between two transactions.
    static let keptByteCount = 256 << 10

    /// `nil` where nothing is to be compressed.
    private let level: CompressionLevel?
    private let pages: RecordPages
    private let idle = Mutex<ValuePacker?>(nil)

    init(_ compression: LMDBOptions.Compression, _ pages: RecordPages) {
        level =
            switch compression {
            case .none: nil
            case .zstd(let number): Self.level(number)
            }
        self.pages = pages
    }

    /// Lends the packer; `nil` where nothing is to be compressed, or memory is short.
    func lend() -> ValuePacker? {
        guard let level else { return nil }
        if let packer = idle.withLock({ $0.take() }) { return packer }
        return try? ValuePacker(level: level, pages)
    }

    private static func level(_ number: Int) -> CompressionLevel {
        guard let level = CompressionLevel(exactly: number) else {
            preconditionFailure("levels of compression are \(LMDBOptions.Compression.levels), and this is \(number)")
        }
        return level
    }

    /// Takes the packer back.
    func giveBack(_ packer: ValuePacker) {
        packer.shrink()
        idle.withLock { $0 = packer }
    }
}
