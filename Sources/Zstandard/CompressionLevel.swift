/// How hard zstd tries: 1 is the fastest, 19 the smallest.
///
/// Reading costs about the same at every level. Measured in one thread on blocks of 64 KiB, lines of JSON and random
/// bytes that nothing can compress (zstd 1.5.4):
///
/// ```text
/// level   JSON: becomes   takes    random: takes   memory of a compressor
/// 1             12 %     0.16 ms         0.04 ms   0.3 MB
/// 3             13 %     0.17 ms         0.05 ms   0.7 MB
/// 6             13 %     0.75 ms         0.43 ms   1.1 MB
/// 9             12 %     1.5  ms         0.4  ms   1.1 MB
/// ```
///
/// A compressor keeps the memory that its largest block took: of 15 MiB, 1.3 MB at level 3, 13 MB at 9 and 85 MB at 19.
/// Up to level 3 zstd gives up early on what it cannot compress; above it does not. Levels above 19,
/// which zstd calls ultra for the memory that they take, are left out; so are the negative ones, which shrink text half
/// as much and are hardly faster where nothing shrinks.
public struct CompressionLevel: Sendable, Hashable, Comparable {
    /// The levels there are.
    public static let range = 1...19

    /// What suits nearly everything: level 3.
    public static let standard: CompressionLevel = 3

    /// The level as zstd numbers it.
    public let rawValue: Int

    /// The level with this number; `nil` outside ``range``.
    public init?(exactly number: Int) {
        guard Self.range.contains(number) else { return nil }
        rawValue = number
    }

    public static func < (left: CompressionLevel, right: CompressionLevel) -> Bool { left.rawValue < right.rawValue }
}

extension CompressionLevel: ExpressibleByIntegerLiteral {
    /// A level that is written in the source; outside ``range`` it is a programmer's error.
    public init(integerLiteral number: Int) {
        precondition(Self.range.contains(number), "compression levels are \(Self.range), and this one is \(number)")
        rawValue = number
    }
}
