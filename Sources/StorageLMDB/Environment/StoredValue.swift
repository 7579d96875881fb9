import StorageEngine

/// How a value lies in the file: a tag byte, then its bytes in the form that the tag says.
///
/// The tag is there so that a later version can store some values compressed, in stores that exist, without rewriting
/// them: it defines a tag, and sets a feature in the ``FormatRecord`` so that versions that do not know it refuse to
/// open.
enum StoredValue {
    /// The bytes as they are.
    static let plainTag: UInt8 = 0
    static let headerByteCount = 1

    /// Fills `destination`, which is ``headerByteCount`` longer than `value`.
    static func write(_ value: UnsafeRawBufferPointer, to destination: UnsafeMutableRawPointer) {
        destination.storeBytes(of: plainTag, as: UInt8.self)
        if let start = value.baseAddress {
            (destination + headerByteCount).copyMemory(from: start, byteCount: value.count)
        }
    }

    /// The value in what is stored.
    static func read(_ stored: UnsafeRawBufferPointer) throws(StorageError) -> UnsafeRawBufferPointer {
        guard stored.first == plainTag else {
            throw StorageError(
                .corrupt, "a value is stored in an unknown form (\(stored.first.map(String.init) ?? "empty"))")
        }
        return UnsafeRawBufferPointer(rebasing: stored[headerByteCount...])
    }
}
