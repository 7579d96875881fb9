import CCorestoreZstd

/// What can be told of a compressed frame without decompressing it (RFC 8878).
public enum CompressedFrame {
    /// As many bytes of a frame's beginning always hold its header: enough for ``contentByteCount(of:)``.
    public static let maximumHeaderByteCount = 18

    /// The first four bytes of every frame.
    private static let magic: UInt32 = 0xFD2F_B528

    /// How many bytes the content of a frame has, by the frame's own word.
    ///
    /// - Parameter frame: the frame, or at least ``maximumHeaderByteCount`` bytes of its beginning.
    /// - Throws: `.damaged` where these bytes do not begin a frame; `.unsupported` where it states no size.
    public static func contentByteCount(of frame: RawSpan) throws(CompressionError) -> UInt64 {
        // zstd itself also takes skippable frames, and says that they are empty, and those of versions before 0.8.
        guard frame.byteCount >= 4, frame.unsafeLoadUnaligned(as: UInt32.self).littleEndian == magic else {
            throw CompressionError(.damaged, "\(frame.byteCount) bytes do not begin as a compressed frame does")
        }
        let count = frame.withUnsafeBytes { ZSTD_getFrameContentSize($0.baseAddress, $0.count) }
        switch count {
        case unknownSize: throw CompressionError(.unsupported, "a compressed frame does not state its content's size")
        case invalidSize: throw CompressionError(.damaged, "the header of a compressed frame is damaged")
        default: return count
        }
    }

    /// `ZSTD_CONTENTSIZE_UNKNOWN`, a macro that Swift cannot import.
    private static let unknownSize = UInt64.max
    /// `ZSTD_CONTENTSIZE_ERROR`, likewise.
    private static let invalidSize = UInt64.max - 1
}
