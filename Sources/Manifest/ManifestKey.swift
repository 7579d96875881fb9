import CompactEncoding
public import Crypto

extension CoreManifest {
    /// The key of a core with this manifest: `H(MANIFEST ‖ encoded manifest)` (PROTOCOL §3; `manifest.json`: key).
    ///
    /// A compat core, from before manifests, has its signer's public key instead; see ``belongs(to:)``.
    public var key: CoreKey {
        // Every opening of a core hashes its manifest, so the message is put together in one buffer.
        var message = ByteWriter(reservingCapacity: Bytes32.byteCount + encodedCapacity)
        message.fixed32(Namespaces.Log.manifest)
        encode(into: &message)
        return CoreKey(BLAKE2b.hash(message.bytes))
    }

    /// Whether this is the manifest of the core with `key`: it hashes to it, or the core is a compat one.
    public func belongs(to key: CoreKey) -> Bool {
        isCompat(with: key) || self.key == key
    }

    /// Whether a core with `key` is one from before manifests: the key is that of its only signer.
    public func isCompat(with key: CoreKey) -> Bool {
        signers.count == 1 && signers[0].publicKey.bytes == key.bytes
    }

    /// What is assumed of a core whose manifest is not known: one signer, whose public key is the core's key.
    ///
    /// It is right where the core is a compat one, which a signature that verifies proves (PROTOCOL §7, Manifests).
    public static func assumed(for key: CoreKey) -> CoreManifest {
        CoreManifest(singleSigner: PublicKey(key.bytes))
    }

    /// Declares `publicKey` as the only signer, with the defaults of the version.
    public init(singleSigner publicKey: PublicKey, version: Version = .v1) {
        do {
            try self.init(version: version, signers: [ManifestSigner(publicKey: publicKey)])
        } catch {
            preconditionFailure("one signer and the defaults are always a valid manifest: \(error)")
        }
    }

    /// The manifest of a static core: nobody can sign, and the prologue is the whole tree.
    ///
    /// - Throws: `.tooLarge` for a prologue longer than any tree.
    public static func `static`(_ prologue: Prologue) throws(ManifestError) -> CoreManifest {
        try CoreManifest(version: .v1, quorum: 0, signers: [], prologue: prologue)
    }

    /// Whether nobody can ever sign, so that the prologue is all there is.
    public var isStatic: Bool { version > .v0 && quorum == 0 && prologue != nil }
}
