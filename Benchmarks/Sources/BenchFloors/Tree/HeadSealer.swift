import CBenchSodium

/// Makes the signed head records of a log, in fixed memory: a tree hash and an Ed25519 signature each.
struct HeadSealer: ~Copyable {
    /// The public key, 32 bytes, and the secret one, 64.
    private let keys = UnsafeMutablePointer<UInt8>.allocate(capacity: 96)
    /// `TREE 32 ‖ context 32 ‖ tree hash 32 ‖ u64 length ‖ u64 fork`. Any namespace and context sign as slowly as the
    /// real ones.
    private let signable = UnsafeMutableRawPointer.allocate(byteCount: 112, alignment: 8)
    private let signature = UnsafeMutablePointer<UInt8>.allocate(capacity: 64)
    private let record = UnsafeMutableRawPointer.allocate(byteCount: 4096, alignment: 8)

    init() {
        _ = sodium_init()
        crypto_sign_keypair(keys, keys + 32)
        signable.initializeMemory(as: UInt8.self, repeating: 0, count: 112)
    }

    /// Signs with the key pair of `seed`, 32 bytes, from now on.
    func sign(withKeyPairOf seed: UnsafePointer<UInt8>) {
        crypto_sign_seed_keypair(keys, keys + 32, seed)
    }

    /// The public key of who signs, 32 bytes.
    var publicKey: UnsafePointer<UInt8> { UnsafePointer(keys) }

    deinit {
        keys.deallocate()
        signable.deallocate()
        signature.deallocate()
        record.deallocate()
    }

    /// Where the length and the roots stand in a head record.
    static let (lengthOffset, rootsOffset) = (9, 34)

    /// The head record of `tree`,
    /// `u8 version ‖ u64 fork ‖ u64 length ‖ spans 17 ‖ roots ‖ buffer signature 68`; good until the next call.
    func seal(_ tree: borrowing FloorTree) -> UnsafeRawBufferPointer {
        tree.hash(into: (signable + 64).assumingMemoryBound(to: UInt8.self))
        signable.storeBytes(of: UInt64(tree.length).littleEndian, toByteOffset: 96, as: UInt64.self)

        record.storeBytes(of: 1, as: UInt8.self)
        record.storeBytes(of: 0, toByteOffset: 1, as: UInt64.self)
        record.storeBytes(of: UInt64(tree.length).littleEndian, toByteOffset: 9, as: UInt64.self)
        record.storeBytes(of: 1, toByteOffset: 17, as: UInt32.self)
        record.storeBytes(of: 1, toByteOffset: 21, as: UInt8.self)
        record.storeBytes(of: 0, toByteOffset: 22, as: UInt32.self)
        record.storeBytes(of: .max, toByteOffset: 26, as: UInt64.self)
        var offset = 34 + tree.writeRoots(to: record + 34)
        // A buffer of 68 bytes, the structure of one signer around its signature: 01 00 ‖ 64 bytes ‖ 00 00.
        record.storeBytes(of: 68, toByteOffset: offset, as: UInt8.self)
        record.storeBytes(of: 1, toByteOffset: offset + 1, as: UInt16.self)
        crypto_sign_detached(signature, nil, signable.assumingMemoryBound(to: UInt8.self), 112, keys + 32)
        (record + offset + 3).copyMemory(from: signature, byteCount: 64)
        record.storeBytes(of: 0, toByteOffset: offset + 67, as: UInt16.self)
        offset += 69
        return UnsafeRawBufferPointer(start: record, count: offset)
    }

    /// Verifies the signature that was made last, as a reader of the head does.
    func verifies() -> Bool {
        crypto_sign_verify_detached(signature, signable.assumingMemoryBound(to: UInt8.self), 112, keys) == 0
    }

    /// The last tree hash that was sealed, in hexadecimal.
    var sealedTreeHash: String { hexadecimal(sealedTreeHashBytes) }

    /// The last tree hash that was sealed, good until the next one is.
    var sealedTreeHashBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: signable + 64, count: 32)
    }
}

/// Bytes as lower-case hexadecimal digits.
func hexadecimal(_ bytes: UnsafeRawBufferPointer) -> String {
    bytes.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
}
