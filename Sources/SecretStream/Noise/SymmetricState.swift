import CCorestoreSodium
import CompactEncoding
import Crypto

/// The running hash and keys of a handshake (Noise specification, section 5.2).
///
/// It cannot be copied, because two copies would encrypt under the same key and nonce.
struct SymmetricState: ~Copyable {
    /// How much longer an encrypted text is, once there is a key.
    private static let authenticatorByteCount = 16

    /// Everything said so far; in the end, the handshake's hash.
    private(set) var hash: Bytes64
    private var chainingKey: SecretBytes
    private var key: SecretBytes?
    private var nonce: UInt32 = 0

    /// Starts from a protocol name of at most 64 bytes and an empty prologue.
    init(protocolName: String) {
        let name = Array(protocolName.utf8)
        let padded = name + [UInt8](repeating: 0, count: NoiseHash.byteCount - name.count)
        guard let hash = Bytes64(padded) else { preconditionFailure("a protocol name of \(name.count) bytes") }
        self.hash = hash
        chainingKey = SecretBytes(copying: padded)
        mixHash([])
    }

    /// Makes `data` part of the transcript.
    mutating func mixHash(_ data: [UInt8]) { mixHash(data.span.bytes) }

    /// Makes `data` part of the transcript.
    mutating func mixHash(_ data: RawSpan) {
        hash = NoiseHash.chain(hash, data)
    }

    /// Makes a shared secret part of the keys; from the first on, what is sent is encrypted.
    mutating func mixKey(_ secret: SecretBytes) {
        let (chaining, cipher) = NoiseHash.derive(from: chainingKey, secret)
        chainingKey = chaining
        key = Self.cipherKey(cipher)
        nonce = 0
    }

    /// Encrypts `plaintext`, if there is a key yet, and makes the outcome part of the transcript.
    mutating func encrypt(_ plaintext: [UInt8]) -> [UInt8] {
        guard let key else {
            mixHash(plaintext)
            return plaintext
        }
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count + Self.authenticatorByteCount)
        let nonce = nextNonce()
        key.withUnsafeBytes { key in
            hash.withUnsafeBytes { hash in
                _ = crypto_aead_chacha20poly1305_ietf_encrypt(
                    &ciphertext, nil, plaintext, UInt64(plaintext.count), hash.octets, UInt64(hash.count), nil,
                    nonce, key.octets)
            }
        }
        mixHash(ciphertext)
        return ciphertext
    }

    /// Undoes ``encrypt(_:)``; `nil` where the text is not what was encrypted.
    mutating func decrypt(_ ciphertext: [UInt8]) -> [UInt8]? {
        guard let key else {
            mixHash(ciphertext)
            return ciphertext
        }
        guard ciphertext.count >= Self.authenticatorByteCount else { return nil }
        var plaintext = [UInt8](repeating: 0, count: ciphertext.count - Self.authenticatorByteCount)
        let nonce = nextNonce()
        let status = key.withUnsafeBytes { key in
            hash.withUnsafeBytes { hash in
                crypto_aead_chacha20poly1305_ietf_decrypt(
                    &plaintext, nil, nil, ciphertext, UInt64(ciphertext.count), hash.octets, UInt64(hash.count),
                    nonce, key.octets)
            }
        }
        guard status == 0 else { return nil }
        mixHash(ciphertext)
        return plaintext
    }

    /// How many bytes ``encrypt(_:)`` makes of `count` now.
    func encryptedByteCount(_ count: Int) -> Int {
        key == nil ? count : count + Self.authenticatorByteCount
    }

    /// The keys of the two directions, the initiator's first.
    consuming func split() -> (initiator: SecretBytes, responder: SecretBytes) {
        let (first, second) = NoiseHash.derive(from: chainingKey, SecretBytes(count: 0) { _ in })
        return (Self.cipherKey(first), Self.cipherKey(second))
    }

    /// Four zero bytes, the counter, and zeros (PROTOCOL §5).
    private mutating func nextNonce() -> [UInt8] {
        defer { nonce += 1 }
        var bytes = [UInt8](repeating: 0, count: 12)
        for position in 0..<4 {
            bytes[4 + position] = UInt8(truncatingIfNeeded: nonce >> (8 * UInt32(position)))
        }
        return bytes
    }

    /// The cipher takes the first half of what the hash gives.
    private static func cipherKey(_ derived: SecretBytes) -> SecretBytes {
        SecretBytes(count: 32) { key in
            derived.withUnsafeBytes { key.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<32])) }
        }
    }
}
