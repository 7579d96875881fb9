import CBenchSodium

/// Hashes blocks into leaves: one libsodium call for a short one, three on a state for a long one.
///
/// Not for two threads at once: each has its own.
struct LeafHasher: ~Copyable {
    private static let oneCallLimit = 1024
    private static let prefixLength = 9
    private let preimage = UnsafeMutableRawPointer.allocate(byteCount: prefixLength + oneCallLimit, alignment: 8)
    /// libsodium's `crypto_generichash_state`, which Swift sees as opaque.
    private let state = UnsafeMutableRawPointer.allocate(byteCount: 384, alignment: 64)

    init() {
        preimage.storeBytes(of: 0, as: UInt8.self)
    }

    deinit {
        preimage.deallocate()
        state.deallocate()
    }

    /// Writes the leaf hash of `block` to `digest`, 32 bytes.
    func hash(_ block: UnsafeRawBufferPointer, into digest: UnsafeMutablePointer<UInt8>) {
        preimage.storeBytes(of: UInt64(block.count).littleEndian, toByteOffset: 1, as: UInt64.self)
        let prefix = preimage.assumingMemoryBound(to: UInt8.self)
        guard block.count > Self.oneCallLimit else {
            if let bytes = block.baseAddress {
                (preimage + Self.prefixLength).copyMemory(from: bytes, byteCount: block.count)
            }
            crypto_generichash(digest, 32, prefix, UInt64(Self.prefixLength + block.count), nil, 0)
            return
        }
        let state = OpaquePointer(state)
        crypto_generichash_init(state, nil, 0, 32)
        crypto_generichash_update(state, prefix, UInt64(Self.prefixLength))
        crypto_generichash_update(state, block.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(block.count))
        crypto_generichash_final(state, digest, 32)
    }
}
