import CCorestoreSodium

/// Encrypts and decrypts the blocks of one core (PROTOCOL §8; `encryption.json`).
///
/// A block is stored, hashed, signed and replicated as `padding ‖ ciphertext`. The padding is the core's fork, hidden
/// under the blinding key; it makes the nonce differ when a block is written anew after a truncation, and so a block
/// must never be encrypted twice at one index and fork.
///
/// ```swift
/// let cipher = BlockCipher(try BlockKeys(encryptionKey: secret, core: key, isCompat: false))
/// let stored = cipher.encrypt(block.span.bytes, index: 7, fork: 0)
/// let plain = try cipher.decrypt(stored.span.bytes, index: 7)
/// ```
public struct BlockCipher: Sendable {
    /// How many bytes longer a block is as stored.
    public static let paddingByteLength = 8

    /// The keys it works under.
    public let keys: BlockKeys

    /// Creates a cipher.
    public init(_ keys: BlockKeys) {
        Sodium.ready
        self.keys = keys
    }

    /// Encrypts block `index`, written while the core was at `fork`.
    ///
    /// - Returns: the padding and the ciphertext, ``paddingByteLength`` bytes more than `block`.
    public func encrypt(_ block: RawSpan, index: UInt64, fork: UInt64) -> [UInt8] {
        let padding = Self.paddingByteLength
        return [UInt8](unsafeUninitializedCapacity: padding + block.byteCount) { output, initialized in
            let output = UnsafeMutableRawBufferPointer(output)
            output.storeBytes(of: fork.littleEndian, as: UInt64.self)
            let blinded = UnsafeMutableRawBufferPointer(rebasing: output[..<padding])
            Self.xor(UnsafeRawBufferPointer(blinded), into: blinded, Nonce(index: index), keys.blinding)

            let nonce = Nonce(index: index, padding: UnsafeRawBufferPointer(blinded))
            let body = UnsafeMutableRawBufferPointer(rebasing: output[padding...])
            block.withUnsafeBytes { Self.xor($0, into: body, nonce, keys.block) }
            initialized = output.count
        }
    }

    /// Decrypts block `index` as stored.
    ///
    /// Encryption alone does not show tampering: the tree's hashes do, which are over the bytes as stored.
    ///
    /// - Throws: `.invalidLength` for fewer bytes than the padding has.
    public func decrypt(_ stored: RawSpan, index: UInt64) throws(CryptoError) -> [UInt8] {
        let padding = Self.paddingByteLength
        let length = try Self.plainLength(ofStored: stored.byteCount)
        return [UInt8](unsafeUninitializedCapacity: length) { output, initialized in
            stored.withUnsafeBytes { stored in
                let nonce = Nonce(index: index, padding: UnsafeRawBufferPointer(rebasing: stored[..<padding]))
                let body = UnsafeRawBufferPointer(rebasing: stored[padding...])
                Self.xor(body, into: UnsafeMutableRawBufferPointer(output), nonce, keys.block)
            }
            initialized = length
        }
    }

    /// Decrypts block `index` where it lies and drops its padding, without copying it.
    ///
    /// - Throws: `.invalidLength` for fewer bytes than the padding has; `block` is unchanged then.
    public func decrypt(inPlace block: inout ArraySlice<UInt8>, index: UInt64) throws(CryptoError) {
        let padding = Self.paddingByteLength
        _ = try Self.plainLength(ofStored: block.count)
        block.withUnsafeMutableBytes { block in
            let nonce = Nonce(index: index, padding: UnsafeRawBufferPointer(rebasing: block[..<padding]))
            let body = UnsafeMutableRawBufferPointer(rebasing: block[padding...])
            Self.xor(UnsafeRawBufferPointer(body), into: body, nonce, keys.block)
        }
        block.removeFirst(padding)
    }

    /// How long a block is without its padding, given how long it is as stored.
    ///
    /// - Throws: `.invalidLength` for fewer bytes than the padding has.
    public static func plainLength(ofStored byteLength: Int) throws(CryptoError) -> Int {
        guard byteLength >= paddingByteLength else {
            throw CryptoError(
                .invalidLength,
                "a block of \(byteLength) bytes is not encrypted: its padding alone has \(paddingByteLength)")
        }
        return byteLength - paddingByteLength
    }
}

// MARK: - The stream cipher

extension BlockCipher {
    /// XSalsa20's nonce: `u64 index ‖ padding ‖ zeros`, 24 bytes.
    private struct Nonce {
        private let words: (UInt64, UInt64, UInt64)

        init(index: UInt64) {
            words = (index.littleEndian, 0, 0)
        }

        init(index: UInt64, padding: UnsafeRawBufferPointer) {
            words = (index.littleEndian, padding.loadUnaligned(as: UInt64.self), 0)
        }

        func withOctets(_ body: (UnsafePointer<UInt8>) -> Void) {
            withUnsafeBytes(of: words) { body($0.octets) }
        }
    }

    /// Writes `input` XORed with the key stream to `output`, which may be the same memory and is at least as long.
    private static func xor(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer, _ nonce: Nonce, _ key: SecretBytes
    ) {
        guard !input.isEmpty else { return }
        nonce.withOctets { nonce in
            key.withUnsafeBytes { key in
                _ = crypto_stream_xor(output.octets, input.octets, UInt64(input.count), nonce, key.octets)
            }
        }
    }
}
