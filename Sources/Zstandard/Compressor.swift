import CCorestoreZstd

/// Compresses one run of bytes after the other into frames of zstd, each of which states its content's size and ends
/// with a checksum of it.
///
/// It keeps its context and the memory of its output: with a new context each, 512 bytes took 7 µs more.
///
/// ```swift
/// var compressor = try Compressor(level: 3)
/// if try compressor.compress(block, atMost: block.byteCount * 7 / 8) { store(compressor.output) }
/// ```
///
/// `@unchecked Sendable`: there is one owner, since it cannot be copied, and all that touches the context is mutating. A
/// context of zstd belongs to no thread.
public struct Compressor: ~Copyable, @unchecked Sendable {
    /// How far zstd writes ahead, about: it needs a little more room than the frame has in the end.
    private static let slackByteCount = 64

    private let context: OpaquePointer
    private var buffer = OutputBuffer()

    /// Prepares a compressor.
    ///
    /// - Throws: `.outOfMemory`.
    public init(level: CompressionLevel) throws(CompressionError) {
        guard let context = ZSTD_createCCtx() else {
            throw CompressionError(.outOfMemory, "there is no memory for a compressor")
        }
        self.context = context
        // Neither can fail: both values are in their ranges, and no frame has been begun.
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, Int32(level.rawValue))
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1)
    }

    deinit {
        ZSTD_freeCCtx(context)
    }
}

extension Compressor {
    /// The frame that ``compress(_:atMost:)`` made last; empty where it made none.
    public var output: RawSpan {
        @_lifetime(borrow self)
        get { buffer.bytes }
    }

    /// Compresses `content` into ``output``.
    ///
    /// - Parameters:
    ///   - content: what is compressed.
    ///   - byteCount: the most bytes that the frame is worth; without it a frame is always made, up to a few bytes
    ///     longer than its content.
    /// - Returns: whether the frame came out as short as that. It costs less to find that it does not.
    /// - Throws: `.outOfMemory`; a context grows with the level and with the content.
    public mutating func compress(
        _ content: RawSpan, atMost byteCount: Int? = nil
    ) throws(CompressionError) -> Bool {
        let bound = ZSTD_compressBound(content.byteCount)
        let limit = max(min(byteCount ?? bound, bound), 0)
        let context = context
        try buffer.fill(capacity: limit + Self.slackByteCount) { room throws(CompressionError) in
            let result = content.withUnsafeBytes { content in
                ZSTD_compress2(context, room.baseAddress, room.count, content.baseAddress, content.count)
            }
            switch ZSTD_getErrorCode(result) {
            case ZSTD_error_no_error: return result <= limit ? result : 0
            case ZSTD_error_dstSize_tooSmall: return 0
            default: throw CompressionError(zstd: result, "compressing \(content.byteCount) bytes")
            }
        }
        // No frame is empty.
        return buffer.count > 0
    }

    /// Forgets the output, and frees its memory where it is larger than this.
    public mutating func shrink(toAtMost byteCount: Int) {
        buffer.shrink(toAtMost: byteCount)
    }
}

extension CompressionError {
    /// What a result of zstd means that is an error.
    init(zstd result: Int, _ action: String) {
        let code: Code =
            switch ZSTD_getErrorCode(result) {
            case ZSTD_error_memory_allocation: .outOfMemory
            case ZSTD_error_dictionary_wrong: .unsupported
            default: .damaged
            }
        self.init(code, "\(action) failed: \(String(cString: ZSTD_getErrorName(result)))")
    }
}
