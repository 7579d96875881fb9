import CompactEncoding
public import Crypto
public import Manifest

/// Which core is opened, and who it is should it have to be made.
///
/// It begins with one thing that is known of the core, and takes further ones:
///
/// ```swift
/// try await store.get(.name("log"))                              // the store's own, by its primary key
/// try await store.get(.key(key))                                 // somebody else's
/// try await store.get(.key("pear://…"))                           // the same, as text
/// try await store.get(.keyPair(keyPair).named("imported"))       // of a key pair that is kept in the store
/// try await store.get(.manifest(manifest).signed(by: hardware))  // of several signers, or one that takes its time
/// ```
public struct CoreReference: Sendable {
    var name: [UInt8]?
    var discoveryKey: DiscoveryKey?
    var key: CoreKey?
    var manifest: CoreManifest?
    var keyPair: KeyPair?
    var signer: (any AsyncSigner)?
    /// Whether the manifest is that of ``keyPair`` alone, in the version of the store session that opens the core.
    var isOfKeyPair = false

    private init() {}
}

// MARK: - What is known

extension CoreReference {
    /// The core of a name, in the namespace of the store session that opens it.
    public static func name(_ name: String) -> CoreReference { .name(Array(name.utf8)) }

    /// The core of a name that is any bytes.
    public static func name(_ name: [UInt8]) -> CoreReference { CoreReference().with { $0.name = name } }

    /// The core of a key.
    public static func key(_ key: CoreKey) -> CoreReference { CoreReference().with { $0.key = key } }

    /// The core of a key as text: z-base-32 (52 characters), hexadecimal (64 digits), or a `pear://` link.
    ///
    /// - Throws: ``CorestoreError``, `.invalidArgument`.
    public static func key(_ text: String) throws(CorestoreError) -> CoreReference {
        .key(try CorestoreError.rewording { () throws(CryptoError) in try CoreKey(text: text) })
    }

    /// The core of a key as 32 bytes.
    ///
    /// - Throws: ``CorestoreError``, `.invalidArgument` for any other number of bytes.
    public static func key(_ bytes: [UInt8]) throws(CorestoreError) -> CoreReference {
        .key(CoreKey(try bytes32(bytes, "a key")))
    }

    /// The core of a discovery key, which is found if it is stored.
    public static func discoveryKey(_ discoveryKey: DiscoveryKey) -> CoreReference {
        CoreReference().with { $0.discoveryKey = discoveryKey }
    }

    /// The core of a discovery key as text: z-base-32 (52 characters) or hexadecimal (64 digits).
    ///
    /// - Throws: ``CorestoreError``, `.invalidArgument`.
    public static func discoveryKey(_ text: String) throws(CorestoreError) -> CoreReference {
        .discoveryKey(try CorestoreError.rewording { () throws(CryptoError) in try DiscoveryKey(text: text) })
    }

    /// The core of a discovery key as 32 bytes.
    ///
    /// - Throws: ``CorestoreError``, `.invalidArgument` for any other number of bytes.
    public static func discoveryKey(_ bytes: [UInt8]) throws(CorestoreError) -> CoreReference {
        .discoveryKey(DiscoveryKey(try bytes32(bytes, "a discovery key")))
    }

    private static func bytes32(_ bytes: [UInt8], _ what: String) throws(CorestoreError) -> Bytes32 {
        guard let bytes = Bytes32(bytes) else {
            throw CorestoreError(.invalidArgument, "\(what) has \(Bytes32.byteCount) bytes, not \(bytes.count)")
        }
        return bytes
    }

    /// The core of a manifest.
    public static func manifest(_ manifest: CoreManifest) -> CoreReference {
        CoreReference().with { $0.manifest = manifest }
    }

    /// The core that `keyPair` alone signs. The store keeps the key pair's seed.
    ///
    /// - Parameters:
    ///   - keyPair: who signs the core.
    ///   - isCompat: whether the core's key is the public key, as it was before there were manifests; else it is that
    ///     of a manifest with this signer, of the version of the store session that opens it.
    public static func keyPair(_ keyPair: KeyPair, isCompat: Bool = false) -> CoreReference {
        CoreReference().with { reference in
            reference.keyPair = keyPair
            reference.isOfKeyPair = !isCompat
            guard isCompat else { return }
            reference.manifest = CoreManifest(singleSigner: keyPair.publicKey)
            reference.key = CoreKey(keyPair.publicKey.bytes)
        }
    }
}

// MARK: - Further

extension CoreReference {
    /// With a name that leads to the core from now on, in the namespace of the store session that opens it. A core has one.
    public func named(_ name: String) -> CoreReference { named(Array(name.utf8)) }

    /// With a name that is any bytes.
    public func named(_ name: [UInt8]) -> CoreReference { with { $0.name = name } }

    /// With its manifest, which has to be that of its key.
    public func with(_ manifest: CoreManifest) -> CoreReference { with { $0.manifest = manifest } }

    /// With the key pair of one of its signers, whose seed the store keeps.
    public func signed(by keyPair: KeyPair) -> CoreReference { with { $0.keyPair = keyPair } }

    /// With a signer whose key the store need not hold and which may take its time, for as long as the core is open: appends
    /// that arrive while a signature is made are signed together by the next one.
    public func signed(by signer: any AsyncSigner) -> CoreReference { with { $0.signer = signer } }

    private func with(_ change: (inout CoreReference) -> Void) -> CoreReference {
        var changed = self
        change(&changed)
        return changed
    }
}

// MARK: - Who it is

extension CoreReference {
    /// The public key of who is to sign.
    var publicKey: PublicKey? { keyPair?.publicKey ?? signer?.publicKey }

    /// The core's key and, as far as the reference goes, its manifest; `nil` where only a name or a discovery key is known.
    ///
    /// Of a key and a signer without a manifest, the manifest is the one of this signer alone, if that is the key's in any
    /// version.
    ///
    /// - Parameter version: the manifest's version, where it is the reference's to make.
    func described(in version: CoreManifest.Version) -> (key: CoreKey, manifest: CoreManifest?)? {
        if let manifest { return (key ?? manifest.key, manifest) }
        if isOfKeyPair, key == nil, let publicKey {
            let manifest = CoreManifest(singleSigner: publicKey, version: version)
            return (manifest.key, manifest)
        }
        guard let key else { return nil }
        guard let publicKey else { return (key, nil) }
        let own = [version, .v1, .v0, .v2].lazy.map { CoreManifest(singleSigner: publicKey, version: $0) }
        return (key, own.first { $0.belongs(to: key) })
    }
}
