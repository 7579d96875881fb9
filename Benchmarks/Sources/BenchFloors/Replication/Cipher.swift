import CBenchSodium

/// One direction of libsodium's secretstream.
struct Cipher: ~Copyable {
    /// How much longer a message is than what it says.
    static let overhead = Int(crypto_secretstream_xchacha20poly1305_abytes())
    static let keyAndHeaderLength = 32 + 24

    private let state = UnsafeMutablePointer<crypto_secretstream_xchacha20poly1305_state>.allocate(capacity: 1)
    private let keyAndHeader = UnsafeMutablePointer<UInt8>.allocate(capacity: keyAndHeaderLength)

    /// A sending direction with a new key.
    init() {
        _ = sodium_init()
        crypto_secretstream_xchacha20poly1305_keygen(keyAndHeader)
        crypto_secretstream_xchacha20poly1305_init_push(state, keyAndHeader + 32, keyAndHeader)
    }

    /// The receiving direction of the sender with this key and header.
    init(keyAndHeader bytes: UnsafeRawBufferPointer) {
        _ = sodium_init()
        UnsafeMutableRawBufferPointer(start: keyAndHeader, count: Self.keyAndHeaderLength).copyMemory(from: bytes)
        crypto_secretstream_xchacha20poly1305_init_pull(state, keyAndHeader + 32, keyAndHeader)
    }

    deinit {
        state.deallocate()
        keyAndHeader.deallocate()
    }

    /// Hands out what the receiver needs.
    func withKeyAndHeader<Value: ~Copyable>(
        _ body: (UnsafeRawBufferPointer) throws -> Value
    ) rethrows -> Value {
        try body(UnsafeRawBufferPointer(start: keyAndHeader, count: Self.keyAndHeaderLength))
    }

    /// Encrypts `plaintext` and returns how long it became.
    func seal(_ plaintext: UnsafeRawBufferPointer, into ciphertext: UnsafeMutableRawPointer) -> Int {
        crypto_secretstream_xchacha20poly1305_push(
            state, ciphertext.assumingMemoryBound(to: UInt8.self), nil,
            plaintext.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(plaintext.count), nil, 0, 0)
        return plaintext.count + Self.overhead
    }

    /// Decrypts `ciphertext`, and ends the run where it is not the sender's.
    func open(_ ciphertext: UnsafeRawBufferPointer, into plaintext: UnsafeMutableRawPointer) {
        let status = crypto_secretstream_xchacha20poly1305_pull(
            state, plaintext.assumingMemoryBound(to: UInt8.self), nil, nil,
            ciphertext.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt64(ciphertext.count), nil, 0)
        precondition(status == 0, "a frame of the floor's stream does not decrypt")
    }
}
