import CBenchSodium

/// What a name gives: the keys that its core is found and signed by, each by the hashes of the protocol in fixed
/// memory.
///
/// A seed is hashed from the primary key and the name, a key pair made of it; the key is the hash of the manifest with
/// that signer, the discovery key a hash of the key.
struct CoreNames: ~Copyable {
    private static let longestName = 64
    /// A manifest of one signer: version, flags, hash, quorum, count, and the signer with namespace and public key.
    private static let manifestLength = 70

    /// `namespace of corestore 32 ‖ namespace 32 ‖ name`. Zeros hash as slowly as what would really stand there.
    private let named = UnsafeMutablePointer<UInt8>.allocate(capacity: 64 + longestName)
    /// `namespace of manifests 32 ‖ manifest`, which ends with the public key.
    private let manifest = UnsafeMutablePointer<UInt8>.allocate(capacity: 32 + manifestLength)
    /// `primary key 32 ‖ seed 32 ‖ key 32 ‖ discovery key 32`.
    private let keys = UnsafeMutablePointer<UInt8>.allocate(capacity: 128)
    private let record = UnsafeMutablePointer<UInt8>.allocate(capacity: 256)
    private var nameLength = 0

    init() {
        named.initialize(repeating: 0, count: 64 + Self.longestName)
        manifest.initialize(repeating: 0, count: 32 + Self.manifestLength)
        keys.initialize(repeating: 0, count: 128)
        record.initialize(repeating: 0, count: 256)
    }

    deinit {
        named.deallocate()
        manifest.deallocate()
        keys.deallocate()
        record.deallocate()
    }

    /// Takes a name and returns the key that an alias has in the store, `0x01 ‖ namespace 32 ‖ name`; good until the
    /// next call.
    mutating func take(_ name: String) -> UnsafeRawBufferPointer {
        var name = name
        nameLength = name.withUTF8 { bytes in
            precondition(bytes.count <= Self.longestName, "a name of the floor has up to 64 bytes: \(bytes.count)")
            for (position, byte) in bytes.enumerated() { named[64 + position] = byte }
            return bytes.count
        }
        // The byte before the namespace is one of the protocol's, which stands there only while a seed is derived.
        named[31] = 1
        return UnsafeRawBufferPointer(start: named + 31, count: 33 + nameLength)
    }

    /// Derives the keys of the name that was taken, and lets `sealer` sign with its key pair.
    func derive(_ sealer: borrowing HeadSealer) {
        crypto_generichash(keys + 32, 32, named, UInt64(64 + nameLength), keys, 32)
        sealer.sign(withKeyPairOf: keys + 32)
        (manifest + 32 + Self.manifestLength - 32).update(from: sealer.publicKey, count: 32)
        crypto_generichash(keys + 64, 32, manifest, UInt64(32 + Self.manifestLength), nil, 0)
        // "hypercore", keyed by the key.
        crypto_generichash(keys + 96, 32, named, 9, keys + 64, 32)
    }

    /// The discovery key that was derived last.
    var discoveryKey: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: keys + 96, count: 32) }

    /// The identity record of the name that was derived last,
    /// `u8 version ‖ u8 flags ‖ key 32 ‖ buffer manifest ‖ namespace 32 ‖ buffer name`; good until the next call.
    var identity: UnsafeRawBufferPointer {
        record[0] = 1
        record[1] = 5
        (record + 2).update(from: keys + 64, count: 32)
        record[34] = UInt8(Self.manifestLength)
        (record + 35).update(from: manifest + 32, count: Self.manifestLength)
        var offset = 35 + Self.manifestLength
        (record + offset).update(from: named + 32, count: 32)
        offset += 32
        record[offset] = UInt8(nameLength)
        (record + offset + 1).update(from: named + 64, count: nameLength)
        return UnsafeRawBufferPointer(start: record, count: offset + 1 + nameLength)
    }
}
