public import Crypto
import MerkleTree

/// Who may sign a core's tree, and what the tree must begin with (PROTOCOL §3).
///
/// A core's key is the hash of its manifest, so a manifest cannot be changed and whoever holds the key can check it.
/// A value of this type has passed validation: what a version cannot carry is not in it.
///
/// ```swift
/// let keyPair = KeyPair()
/// let manifest = try CoreManifest(signers: [ManifestSigner(publicKey: keyPair.publicKey)])
/// print(manifest.key)
/// ```
public struct CoreManifest: Hashable, Sendable {
    /// The form of a manifest's encoding, and what its signers sign.
    public enum Version: UInt8, Comparable, Sendable {
        /// Signers sign in their namespace; no prologue beside signers.
        case v0 = 0
        /// Signers sign in the name of the core's key.
        case v1 = 1
        /// As ``v1``, with linked cores and user data.
        case v2 = 2

        public static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    /// How blocks and nodes are hashed. There is one way so far.
    public enum HashAlgorithm: UInt8, Sendable {
        /// BLAKE2b-256.
        case blake2b = 0
    }

    /// The form of the encoding, and what is signed.
    public let version: Version
    /// How the tree is hashed.
    public let hash: HashAlgorithm
    /// Whether a signer of a longer tree also vouches for a shorter one that patch nodes lift to it.
    public let allowPatch: Bool
    /// How many signers must sign; 0 where nobody can.
    public let quorum: Int
    /// Who may sign, in the order in which signatures refer to them.
    public let signers: [ManifestSigner]
    /// What the tree must begin with.
    public let prologue: Prologue?
    /// Other cores that this one refers to; version 2.
    public let linked: [CoreKey]?
    /// Bytes for the application; version 2.
    public let userData: [UInt8]?

    /// Validates the parts of a manifest.
    ///
    /// - Parameters:
    ///   - version: version 1, or 2 where linked cores or user data are given, if `nil`.
    ///   - hash: how blocks are hashed.
    ///   - allowPatch: whether signers may vouch for trees of different lengths.
    ///   - quorum: more than half of the signers if `nil`.
    ///   - signers: who may sign.
    ///   - prologue: what the core must begin with.
    ///   - linked: an empty list counts as none.
    ///   - userData: an application's own, as a part of what the key is the hash of.
    /// - Throws: `.invalidQuorum`, `.fieldNotInVersion`, `.tooLarge`.
    public init(
        version: Version? = nil, hash: HashAlgorithm = .blake2b, allowPatch: Bool = false, quorum: Int? = nil,
        signers: [ManifestSigner], prologue: Prologue? = nil, linked: [CoreKey]? = nil, userData: [UInt8]? = nil
    ) throws(ManifestError) {
        let linked = linked.flatMap { $0.isEmpty ? nil : $0 }
        try self.init(
            exactly: version ?? (linked == nil && userData == nil ? .v1 : .v2), hash: hash, allowPatch: allowPatch,
            quorum: quorum ?? Self.defaultQuorum(signerCount: signers.count), signers: signers, prologue: prologue,
            linked: linked, userData: userData)
    }

    /// Validates what was decoded. An empty list of linked cores stays one: it is part of what the key commits to.
    init(
        exactly version: Version, hash: HashAlgorithm, allowPatch: Bool, quorum: Int, signers: [ManifestSigner],
        prologue: Prologue?, linked: [CoreKey]?, userData: [UInt8]?
    ) throws(ManifestError) {
        self.version = version
        self.hash = hash
        self.allowPatch = allowPatch
        self.quorum = quorum
        self.signers = signers
        self.prologue = prologue
        self.linked = linked
        self.userData = userData
        try validate()
    }

    /// More than half of the signers; 0 where there are none.
    static func defaultQuorum(signerCount: Int) -> Int {
        signerCount == 0 ? 0 : signerCount / 2 + 1
    }
}

// MARK: - Validation

extension CoreManifest {
    /// The most that a manifest may hold. The protocol names no bounds; these keep a stranger's manifest small.
    public enum Limits {
        /// How many signers a manifest may declare.
        public static let signers = 1024
        /// How many cores a manifest may link.
        public static let linked = 4096
        /// How many bytes of user data a manifest may carry.
        public static let userDataByteLength = 1 << 20
    }

    private func validate() throws(ManifestError) {
        guard quorum >= 0 else {
            throw ManifestError(.invalidQuorum, "a quorum cannot be negative: \(quorum)")
        }
        guard quorum <= signers.count else {
            throw ManifestError(.invalidQuorum, "a quorum of \(quorum) is above the \(signers.count) signers there are")
        }
        try validateVersion()
        try Self.check(signers.count, atMost: Limits.signers, "signers")
        try Self.check(linked?.count ?? 0, atMost: Limits.linked, "linked cores")
        try Self.check(userData?.count ?? 0, atMost: Limits.userDataByteLength, "bytes of user data")
        if let prologue, prologue.length > FlatTree.maximumLength {
            throw ManifestError(.tooLarge, "a prologue of \(prologue.length) blocks is longer than any tree")
        }
    }

    private func validateVersion() throws(ManifestError) {
        if version < .v2, linked != nil || userData != nil {
            throw ManifestError(.fieldNotInVersion, "linked cores and user data need version 2, not \(version)")
        }
        // The encoding of version 0 has no place for these, so the key would not commit to them.
        if version == .v0, let prologue, !signers.isEmpty || allowPatch || prologue.length != 0 {
            throw ManifestError(
                .fieldNotInVersion,
                "a prologue of version 0 stands alone and has no length: signers, patches and a length need version 1")
        }
    }

    private static func check(_ count: Int, atMost limit: Int, _ what: String) throws(ManifestError) {
        guard count <= limit else {
            throw ManifestError(.tooLarge, "\(count) \(what) are too many: at most \(limit) are accepted")
        }
    }
}
