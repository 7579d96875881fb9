import CCorestoreSodium
public import CompactEncoding

/// BLAKE2b as the protocol uses it: libsodium's `crypto_generichash`, 32 bytes out unless said otherwise (PROTOCOL,
/// preamble; RFC 7693).
///
/// ```swift
/// let discovery = BLAKE2b.hash(Array("hypercore".utf8), key: coreKey.bytes)
/// ```
public enum BLAKE2b {
    /// Hashes `message`.
    public static func hash(_ message: RawSpan) -> Bytes32 {
        Sodium.ready
        var digest = Bytes32()
        digest.withUnsafeMutableBytes { out in
            message.withUnsafeBytes { bytes in
                _ = crypto_generichash(
                    out.octets, out.count, bytes.octetsIfAny, UInt64(bytes.count), nil, 0)
            }
        }
        return digest
    }

    /// Hashes `message`.
    public static func hash(_ message: [UInt8]) -> Bytes32 { hash(message.span.bytes) }

    /// Hashes `message` with a 32-byte key: `H(k; x)`.
    public static func hash(_ message: [UInt8], key: Bytes32) -> Bytes32 {
        key.withUnsafeBytes { hash(message, keyBytes: $0) }
    }

    /// Hashes `message` with a key of 16 to 64 bytes, in one call.
    static func hash(_ message: [UInt8], keyBytes key: UnsafeRawBufferPointer) -> Bytes32 {
        Sodium.ready
        var digest = Bytes32()
        digest.withUnsafeMutableBytes { out in
            _ = crypto_generichash(
                out.octets, out.count, message, UInt64(message.count), key.octets, key.count)
        }
        return digest
    }

    /// Hashes the concatenation of `parts`.
    public static func hash(concatenating parts: [UInt8]...) -> Bytes32 {
        var hasher = Hasher()
        for part in parts {
            hasher.update(part.span.bytes)
        }
        return hasher.finalize()
    }
}

extension BLAKE2b {
    /// A hash in the making, for a message that comes in parts.
    public struct Hasher: ~Copyable {
        // The C type is opaque to Swift: 384 bytes aligned to 64 (libsodium's crypto_generichash_state).
        private let state: UnsafeMutableRawPointer

        /// Starts a hash of 32 bytes, keyed with `key` if there is one.
        public init(key: Bytes32? = nil) {
            Sodium.ready
            state = UnsafeMutableRawPointer.allocate(byteCount: 384, alignment: 64)
            if let key {
                key.withUnsafeBytes { bytes in
                    _ = crypto_generichash_init(
                        OpaquePointer(state), bytes.octets, bytes.count, Bytes32.byteCount)
                }
            } else {
                _ = crypto_generichash_init(OpaquePointer(state), nil, 0, Bytes32.byteCount)
            }
        }

        deinit {
            // The state of a keyed hash gives the key away.
            sodium_memzero(state, 384)
            state.deallocate()
        }

        /// Hashes the next part of the message.
        public mutating func update(_ part: RawSpan) {
            part.withUnsafeBytes { bytes in
                _ = crypto_generichash_update(
                    OpaquePointer(state), bytes.octetsIfAny, UInt64(bytes.count))
            }
        }

        /// Hashes the next part of the message.
        public mutating func update(_ part: Bytes32) {
            part.withBytes { bytes in update(bytes) }
        }

        /// Hashes a number as eight bytes, little-endian.
        public mutating func update(littleEndian number: UInt64) {
            withUnsafeBytes(of: number.littleEndian) { bytes in update(bytes.bytes) }
        }

        /// Ends the message.
        public consuming func finalize() -> Bytes32 {
            var digest = Bytes32()
            digest.withUnsafeMutableBytes { out in
                _ = crypto_generichash_final(
                    OpaquePointer(state), out.octets, out.count)
            }
            return digest
        }
    }
}
