import CCorestoreSodium
import CompactEncoding
import Crypto

/// BLAKE2b-512 in the three uses that Noise has for it: hashing, HMAC (RFC 2104) and HKDF with two outputs
/// (Noise specification, section 4.3).
enum NoiseHash {
    /// How many bytes a hash has.
    static let byteCount = 64
    /// BLAKE2b's block, which HMAC pads its key to.
    private static let blockByteCount = 128

    /// Hashes `hash ‖ data`.
    static func chain(_ hash: Bytes64, _ data: RawSpan) -> Bytes64 {
        var chained = hash
        withUnsafeTemporaryAllocation(byteCount: byteCount + data.byteCount, alignment: 8) { message in
            hash.withUnsafeBytes { message.copyMemory(from: $0) }
            data.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: message[byteCount...]).copyMemory(from: $0) }
            chained.withUnsafeMutableBytes { digest(message, into: $0) }
        }
        return chained
    }

    /// Derives two keys of 64 bytes from the chaining key and `input`, which may be empty.
    static func derive(from chainingKey: SecretBytes, _ input: SecretBytes) -> (first: SecretBytes, second: SecretBytes)
    {
        let extracted = authenticate(key: chainingKey, input)
        let first = authenticate(key: extracted, SecretBytes(count: 0) { _ in }, counter: 1)
        let second = authenticate(key: extracted, first, counter: 2)
        return (first, second)
    }

    /// HMAC of `message`, followed by `counter` if there is one.
    private static func authenticate(key: SecretBytes, _ message: SecretBytes, counter: UInt8? = nil) -> SecretBytes {
        precondition(key.count <= blockByteCount, "a longer key would have to be hashed first")
        let messageCount = message.count + (counter == nil ? 0 : 1)
        return SecretBytes(count: byteCount) { result in
            // First the padded key and the message, then the padded key and the inner hash.
            let scratchCount = blockByteCount + max(messageCount, byteCount)
            withUnsafeTemporaryAllocation(byteCount: scratchCount, alignment: 8) { scratch in
                defer { sodium_memzero(scratch.octets, scratchCount) }
                pad(key, with: 0x36, into: scratch)
                let body = UnsafeMutableRawBufferPointer(rebasing: scratch[blockByteCount...])
                message.withUnsafeBytes { body.copyMemory(from: $0) }
                if let counter { body[message.count] = counter }
                digest(
                    UnsafeMutableRawBufferPointer(rebasing: scratch[..<(blockByteCount + messageCount)]), into: result)

                pad(key, with: 0x5c, into: scratch)
                body.copyMemory(from: UnsafeRawBufferPointer(result))
                digest(UnsafeMutableRawBufferPointer(rebasing: scratch[..<(blockByteCount + byteCount)]), into: result)
            }
        }
    }

    private static func pad(_ key: SecretBytes, with mask: UInt8, into scratch: UnsafeMutableRawBufferPointer) {
        key.withUnsafeBytes { key in
            for position in 0..<blockByteCount {
                scratch[position] = mask ^ (position < key.count ? key[position] : 0)
            }
        }
    }

    private static func digest(_ message: UnsafeMutableRawBufferPointer, into result: UnsafeMutableRawBufferPointer) {
        _ = crypto_generichash(result.octets, byteCount, message.octets, UInt64(message.count), nil, 0)
    }
}
