import CCorestoreSodium
public import CompactEncoding

/// Derives the key pairs of a store's named cores from its primary key (PROTOCOL §9; `corestore.json`).
public struct KeyDerivation: Sendable {
    private let primaryKey: GuardedBytes

    /// Derives from `primaryKey`, which has 32 bytes.
    public init(primaryKey: GuardedBytes) {
        precondition(primaryKey.count == Bytes32.byteCount, "a primary key has 32 bytes, not \(primaryKey.count)")
        self.primaryKey = primaryKey
    }

    /// The namespace of `name` within `parent`: `H(parent ‖ name)`. The root namespace is 32 zero bytes.
    public static func namespace(_ name: [UInt8], in parent: Bytes32) -> Bytes32 {
        BLAKE2b.hash(concatenating: parent.array, name)
    }

    /// The key pair of `name` in `namespace`, from the seed `H(primaryKey; NS ‖ namespace ‖ name)`.
    public func keyPair(name: [UInt8], namespace: Bytes32) -> KeyPair {
        let message = Namespaces.corestore.array + namespace.array + name
        let seed = SecretBytes(count: Bytes32.byteCount) { target in
            primaryKey.withUnsafeBytes { key in
                _ = crypto_generichash(
                    target.octets, target.count, message, UInt64(message.count), key.octets, key.count)
            }
        }
        return KeyPair(seed: seed)
    }
}
