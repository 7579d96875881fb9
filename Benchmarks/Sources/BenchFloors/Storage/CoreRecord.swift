/// What is kept of a core beside its log, under `0x01 ‖ core u32 ‖ kind`.
enum CoreRecord: UInt8 {
    /// Key, manifest and name.
    case identity = 0
    case head = 1
    /// How far the log reaches without a gap, and where its pages begin to count.
    case contiguousLength = 2

    static let keyLength = 6

    /// Hands out the key of the record of `core`.
    func withKey(of core: UInt32, _ body: (UnsafeRawBufferPointer) -> Void) {
        withUnsafeTemporaryAllocation(byteCount: Self.keyLength, alignment: 8) { key in
            key.storeBytes(of: 1, as: UInt8.self)
            key.storeBytes(of: core.bigEndian, toByteOffset: 1, as: UInt32.self)
            key.storeBytes(of: rawValue, toByteOffset: 5, as: UInt8.self)
            body(UnsafeRawBufferPointer(key))
        }
    }
}
