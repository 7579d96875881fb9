import Synchronization
import Zstandard

/// Decompresses values for the reads of one environment.
///
/// A decompressor belongs to one value for as long as somebody looks at it. So a read inside a read, on the same
/// snapshot or another, takes another one and overwrites nothing.
final class ValueUnpacking: Sendable {
    /// How many decompressors are kept while nobody uses them: what as many threads need that read at a time.
    static let maximumIdleCount = 8
    /// The largest buffer that an idle one keeps, besides its context of 96 KB: all of them keep 3 MB.
    static let keptByteCount = 256 << 10

    /// `@unchecked Sendable`: touched only by whoever has taken it out of the list of idle ones.
    private final class Unpacker: @unchecked Sendable {
        var decompressor: Decompressor

        init() throws(CompressionError) {
            decompressor = try Decompressor()
        }
    }

    private let idle = Mutex<[Unpacker]>([])

    /// How many are kept now.
    var idleCount: Int { idle.withLock { $0.count } }

    /// Calls `body` with the value in `frame`.
    func withValue(of frame: RawSpan, _ body: (RawSpan) -> Void) throws(UnreadableValue) {
        do throws(CompressionError) {
            let unpacker = try take()
            defer { giveBack(unpacker) }
            try unpacker.decompressor.decompress(frame, atMost: ValuePacker.byteCounts.upperBound)
            body(unpacker.decompressor.output)
        } catch {
            throw .badFrame(error)
        }
    }

    private func take() throws(CompressionError) -> Unpacker {
        if let unpacker = idle.withLock({ $0.popLast() }) { return unpacker }
        return try Unpacker()
    }

    private func giveBack(_ unpacker: Unpacker) {
        unpacker.decompressor.shrink(toAtMost: Self.keptByteCount)
        idle.withLock { idle in
            if idle.count < Self.maximumIdleCount { idle.append(unpacker) }
        }
    }
}
