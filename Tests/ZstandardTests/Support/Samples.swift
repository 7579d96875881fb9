import TestSupport
import Zstandard

/// Bytes to compress.
enum Sample {
    /// Bytes of which there are only so many different ones, in no order.
    static func bytes(_ count: Int, distinct: Int, seed: UInt64 = 1) -> [UInt8] {
        var random = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: (random.next() >> 32) % UInt64(distinct)) }
    }

    /// Lines as programs log them.
    static func lines(_ count: Int) -> [UInt8] {
        Array(
            (0..<count).map { "{\"seq\":\($0),\"type\":\"message\",\"text\":\"hello from \($0 % 7)\"}\n" }.joined().utf8
        )
    }
}

extension [UInt8] {
    /// The bytes as one frame.
    func compressed(_ level: CompressionLevel = .standard) throws -> [UInt8] {
        var compressor = try Compressor(level: level)
        guard try compressor.compress(span.bytes) else { return [] }
        return [UInt8](copying: compressor.output)
    }

    /// What the frame in these bytes holds.
    func decompressed(atMost byteCount: Int = 32 << 20) throws -> [UInt8] {
        var decompressor = try Decompressor()
        try decompressor.decompress(span.bytes, atMost: byteCount)
        return [UInt8](copying: decompressor.output)
    }

    init(copying bytes: RawSpan) {
        self = bytes.withUnsafeBytes { [UInt8]($0) }
    }
}
