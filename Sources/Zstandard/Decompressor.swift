import CCorestoreZstd

/// Decompresses one frame after the other, and trusts none of them.
///
/// It keeps its context (96 KB) and the memory of its output. ``Compressor`` says why it is `@unchecked Sendable`.
///
/// ```swift
/// var decompressor = try Decompressor()
/// try decompressor.decompress(frame, atMost: 16 << 20)
/// use(decompressor.output)
/// ```
public struct Decompressor: ~Copyable, @unchecked Sendable {
    /// No block of a frame is shorter than three bytes of header and one of content (RFC 8878, 3.1.1.2) …
    private static let minimumBlockByteCount: UInt64 = 4
    /// … or has more content than this.
    private static let maximumBlockContentByteCount: UInt64 = 128 << 10

    private let context: OpaquePointer
    private var buffer = OutputBuffer()

    /// Prepares a decompressor.
    ///
    /// - Throws: `.outOfMemory`.
    public init() throws(CompressionError) {
        guard let context = ZSTD_createDCtx() else {
            throw CompressionError(.outOfMemory, "there is no memory for a decompressor")
        }
        self.context = context
    }

    deinit {
        ZSTD_freeDCtx(context)
    }
}

extension Decompressor {
    /// What ``decompress(_:atMost:)`` came to last; empty where it threw.
    public var output: RawSpan {
        @_lifetime(borrow self)
        get { buffer.bytes }
    }

    /// Decompresses `frame`, which has to be one frame and nothing else, into ``output``.
    ///
    /// No memory is taken before the size that the frame states was compared with `byteCount` and with what a frame of
    /// its length can hold at all.
    ///
    /// - Throws: `.damaged`, `.tooLarge`, `.unsupported`, `.outOfMemory`.
    public mutating func decompress(_ frame: RawSpan, atMost byteCount: Int) throws(CompressionError) {
        buffer.shrink(toAtMost: .max)
        let capacity = try Self.checkedContentByteCount(of: frame, atMost: byteCount)
        let context = context
        try buffer.fill(capacity: capacity) { room throws(CompressionError) in
            let result = frame.withUnsafeBytes { frame in
                ZSTD_decompressDCtx(context, room.baseAddress, room.count, frame.baseAddress, frame.count)
            }
            guard ZSTD_isError(result) == 0 else {
                throw CompressionError(zstd: result, "decompressing \(frame.byteCount) bytes")
            }
            guard result == capacity else {
                throw CompressionError(.damaged, "a frame states \(capacity) bytes of content, and has \(result)")
            }
            return result
        }
    }

    /// Forgets the output, and frees its memory where it is larger than this.
    public mutating func shrink(toAtMost byteCount: Int) {
        buffer.shrink(toAtMost: byteCount)
    }

    private static func checkedContentByteCount(
        of frame: RawSpan, atMost byteCount: Int
    ) throws(CompressionError) -> Int {
        let stated = try CompressedFrame.contentByteCount(of: frame)
        guard stated <= UInt64(max(byteCount, 0)) else {
            throw CompressionError(.tooLarge, "a frame states \(stated) bytes of content, and \(byteCount) is the most")
        }
        let possible = UInt64(frame.byteCount) / minimumBlockByteCount * maximumBlockContentByteCount
        guard stated <= possible else {
            throw CompressionError(.damaged, "\(frame.byteCount) bytes of frame cannot hold the stated \(stated)")
        }
        // zstd would go on with the frames that follow.
        let end = frame.withUnsafeBytes { ZSTD_findFrameCompressedSize($0.baseAddress, $0.count) }
        guard end == frame.byteCount else {
            throw CompressionError(.damaged, "\(frame.byteCount) bytes are not one whole compressed frame")
        }
        return Int(stated)
    }
}
