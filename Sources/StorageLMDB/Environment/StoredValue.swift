import Zstandard

/// How a value lies in the file: a tag byte, then its bytes in the form that the tag says.
///
/// Stores are mixed: each value has its own form. A form beyond the first takes a feature in the ``FormatRecord``, set
/// with the first value of that form, so that versions that do not know it refuse to open the store.
enum StoredValue {
    /// The tags.
    enum Form: UInt8 {
        /// The bytes as they are.
        case plain = 0
        /// One frame of zstd that states the value's size and ends with a checksum.
        case zstd = 1
    }

    static let headerByteCount = 1

    /// Fills `destination`, which is ``headerByteCount`` longer than `bytes`.
    static func write(_ form: Form, _ bytes: UnsafeRawBufferPointer, to destination: UnsafeMutableRawPointer) {
        destination.storeBytes(of: form.rawValue, as: UInt8.self)
        if let start = bytes.baseAddress {
            (destination + headerByteCount).copyMemory(from: start, byteCount: bytes.count)
        }
    }

    /// The value in what is stored, where it lies there as it is; `nil` for any other form.
    static func plain(in stored: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
        stored.first == Form.plain.rawValue ? UnsafeRawBufferPointer(rebasing: stored[headerByteCount...]) : nil
    }

    /// The compressed frame in what is stored.
    static func frame(in stored: UnsafeRawBufferPointer) throws(UnreadableValue) -> UnsafeRawBufferPointer {
        guard stored.first == Form.zstd.rawValue else { throw .unknownForm(stored.first) }
        return UnsafeRawBufferPointer(rebasing: stored[headerByteCount...])
    }

    /// How many bytes the value in what is stored has. Reads no further than the header of a frame.
    static func byteCount(in stored: UnsafeRawBufferPointer) throws(UnreadableValue) -> UInt64 {
        if let plain = plain(in: stored) { return UInt64(plain.count) }
        let frame = try frame(in: stored)
        let header = frame.prefix(CompressedFrame.maximumHeaderByteCount)
        do throws(CompressionError) {
            return try CompressedFrame.contentByteCount(of: UnsafeRawBufferPointer(rebasing: header).bytes)
        } catch {
            throw .badFrame(error)
        }
    }
}
