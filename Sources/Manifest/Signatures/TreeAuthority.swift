import CompactEncoding
public import Crypto

/// Who may sign the trees of one core: its key, and the manifest that belongs to it.
///
/// ```swift
/// let authority = try TreeAuthority(key: key, manifest: manifest)
/// try authority.verify(signature, of: head)  // throws where the signature does not hold
/// ```
///
/// It is one reference: whoever signs or verifies for a core keeps one, and it never changes.
public struct TreeAuthority: Sendable {
    private final class Content: Sendable {
        let key: CoreKey
        let manifest: CoreManifest
        let isCompat: Bool

        init(_ key: CoreKey, _ manifest: CoreManifest) {
            self.key = key
            self.manifest = manifest
            isCompat = manifest.isCompat(with: key)
        }
    }

    private let content: Content

    /// The core's key.
    public var key: CoreKey { content.key }
    /// The core's manifest.
    public var manifest: CoreManifest { content.manifest }
    /// Whether the core is from before manifests, its key being that of its only signer.
    public var isCompat: Bool { content.isCompat }

    /// Joins a key and the manifest that belongs to it.
    ///
    /// - Throws: `.foreignManifest` where the manifest is another core's.
    public init(key: CoreKey, manifest: CoreManifest) throws(ManifestError) {
        guard manifest.belongs(to: key) else {
            throw ManifestError(.foreignManifest, "the manifest is that of the core \(manifest.key), not of \(key)")
        }
        self.init(unchecked: key, manifest)
    }

    /// The authority over a new core with `manifest`.
    public init(manifest: CoreManifest) {
        self.init(unchecked: manifest.key, manifest)
    }

    /// The authority that is assumed of a core whose manifest is not known: one signer, with the core's key.
    ///
    /// A signature that it verifies proves the assumption (PROTOCOL §7, Manifests).
    public init(assumedFor key: CoreKey) {
        self.init(unchecked: key, .assumed(for: key))
    }

    private init(unchecked key: CoreKey, _ manifest: CoreManifest) {
        content = Content(key, manifest)
    }
}

extension TreeAuthority: Hashable {
    public static func == (left: TreeAuthority, right: TreeAuthority) -> Bool {
        left.content === right.content || (left.key, left.manifest) == (right.key, right.manifest)
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(key)
        hasher.combine(manifest)
    }
}

extension TreeAuthority {
    /// The forms that the `signature` field of a core takes (PROTOCOL §3).
    enum SignatureForm {
        /// The 64 bytes of the only signer.
        case bare
        /// A list of signatures and the patch nodes they need, in the form of version 0 or of the later ones.
        case list(MultiSignature.Form)
    }

    var signatureForm: SignatureForm {
        if isCompat { return .bare }
        guard manifest.version == .v0 else { return .list(.current) }
        return manifest.signers.count == 1 && !manifest.allowPatch ? .bare : .list(.version0)
    }

    /// How many signatures a tree needs; 0 where no signature is ever enough.
    public var quorum: Int { isCompat ? 1 : manifest.quorum }

    /// What every tree must begin with. Version 0 names a prologue but does not hold a tree to it.
    public var prologue: CoreManifest.Prologue? {
        isCompat || manifest.version == .v0 ? nil : manifest.prologue
    }

    var allowsPatch: Bool { manifest.allowPatch && !isCompat }

    /// The bytes that the signer at `index` signs to state `statement`.
    ///
    /// - Precondition: `index` is one of the manifest's signers.
    public func signable(_ statement: TreeStatement, bySigner index: Int) -> [UInt8] {
        precondition(manifest.signers.indices.contains(index), "there is no signer \(index)")
        if isCompat { return statement.compatSignable }
        return statement.signable(
            context: manifest.version == .v0 ? manifest.signers[index].namespace : key.bytes)
    }

    /// The index of the signer with `publicKey`, or `nil` where the manifest declares none.
    public func signerIndex(of publicKey: PublicKey) -> Int? {
        manifest.signers.firstIndex { $0.publicKey == publicKey }
    }

    func holds(_ signature: Bytes64, of statement: TreeStatement, bySigner index: Int) -> Bool {
        manifest.signers[index].publicKey.verifies(signature, of: signable(statement, bySigner: index))
    }
}
