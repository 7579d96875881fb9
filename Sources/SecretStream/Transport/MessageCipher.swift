import CCorestoreSodium
import CompactEncoding
import Crypto

/// libsodium's secretstream state of one direction.
///
/// It cannot be copied, because two copies would encrypt under the same key and nonce. It stays at one place in memory,
/// so that no move leaves a key behind, and is zeroed there when it is released.
///
/// It is not `private`, because Swift 6.3 then crashes in a release build of whoever uses the module: it destroys the
/// state in place there, and cannot link to a private type.
struct CipherState: ~Copyable, @unchecked Sendable {
    // Sendable: nothing else has the pointer, so whoever owns the state may use it, on whatever thread.
    let pointer: UnsafeMutablePointer<crypto_secretstream_xchacha20poly1305_state>

    /// Starts the state of both directions alike: what libsodium does to pull from a header is also what it does to push
    /// after it has drawn the header, which is drawn elsewhere here.
    init(key: SecretBytes, header: RawSpan) {
        precondition(header.byteCount == StreamEntropy.headerByteCount, "a header of \(header.byteCount) bytes")
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: crypto_secretstream_xchacha20poly1305_state())
        key.withUnsafeBytes { key in
            header.withUnsafeBytes { header in
                _ = crypto_secretstream_xchacha20poly1305_init_pull(pointer, header.octets, key.octets)
            }
        }
    }

    deinit {
        sodium_memzero(pointer, MemoryLayout<crypto_secretstream_xchacha20poly1305_state>.size)
        pointer.deallocate()
    }
}

/// Encrypts the messages of one direction (PROTOCOL §5).
struct SealingCipher: ~Copyable, Sendable {
    private let state: CipherState

    init(key: SecretBytes, header: RawSpan) {
        state = CipherState(key: key, header: header)
    }

    /// Appends the frame of `plaintext`, which is copied to its place in the frame and encrypted there.
    mutating func seal(_ plaintext: RawSpan, into output: inout [UInt8]) {
        let start = output.count
        MessageFrame.appendUnsealed(plaintext, to: &output)
        output.withUnsafeMutableBytes { output in
            let payload = UnsafeMutableRawBufferPointer(rebasing: output[(start + MessageFrame.lengthByteCount)...])
            let message = UnsafePointer(payload.octets + 1)
            _ = crypto_secretstream_xchacha20poly1305_push(
                state.pointer, payload.octets, nil, message, UInt64(payload.count - MessageFrame.overhead), nil, 0,
                UInt8(crypto_secretstream_xchacha20poly1305_TAG_MESSAGE))
        }
    }
}

/// Decrypts the messages of the other direction (PROTOCOL §5).
struct OpeningCipher: ~Copyable, Sendable {
    private let state: CipherState

    init(key: SecretBytes, header: RawSpan) {
        state = CipherState(key: key, header: header)
    }

    /// Decrypts a frame's payload from where it is into a new array; `nil` where it is not the authentic next message.
    ///
    /// - Precondition: the payload has at least ``MessageFrame/overhead`` bytes.
    mutating func open(_ payload: RawSpan) -> [UInt8]? {
        let byteCount = payload.byteCount - MessageFrame.overhead
        precondition(byteCount >= 0, "a payload of \(payload.byteCount) bytes is no message")
        var isAuthentic = false
        let plaintext = [UInt8](unsafeUninitializedCapacity: byteCount) { plaintext, initializedCount in
            isAuthentic = payload.withUnsafeBytes { payload in
                crypto_secretstream_xchacha20poly1305_pull(
                    state.pointer, plaintext.baseAddress, nil, nil, payload.octets, UInt64(payload.count), nil, 0) == 0
            }
            initializedCount = isAuthentic ? byteCount : 0
        }
        return isAuthentic ? plaintext : nil
    }
}
