public import Crypto

/// Signs a core's trees in the name of one signer of its manifest.
///
/// ```swift
/// let signer = try TreeSigner(authority, signer: keyPair)
/// let signature = try signer.signature(of: statement)  // what is stored and sent
/// ```
public struct TreeSigner: Sendable {
    /// Whose trees are signed.
    public let authority: TreeAuthority
    /// Which signer of the manifest signs.
    public let index: Int
    private let signer: any Signer

    /// Finds the signer with this one's public key in the manifest.
    ///
    /// - Throws: `.unknownSigner` where the manifest declares none.
    public init(_ authority: TreeAuthority, signer: any Signer) throws(ManifestError) {
        self.init(authority, index: try authority.declaredIndex(of: signer.publicKey), signer: signer)
    }

    /// Takes the signer at `index` of the manifest, for a key that is declared more than once.
    ///
    /// - Precondition: the manifest declares this key at `index`.
    public init(_ authority: TreeAuthority, index: Int, signer: any Signer) {
        precondition(
            authority.manifest.signers.indices.contains(index)
                && authority.manifest.signers[index].publicKey == signer.publicKey,
            "signer \(index) of the manifest does not have the key \(signer.publicKey)")
        self.authority = authority
        self.index = index
        self.signer = signer
    }

    /// The `signature` field for the tree that `statement` names.
    ///
    /// - Throws: `.quorumNotReached` where one signature is not enough, before anything is signed; `.signingFailed`.
    public func signature(of statement: TreeStatement) throws(ManifestError) -> [UInt8] {
        try authority.requireSingleSignatureQuorum()
        return try authority.assemble([try share(of: statement)])
    }

    /// This signer's share of the signature of the tree that `statement` names; see ``TreeAuthority/assemble(_:)``.
    ///
    /// - Throws: `.signingFailed`.
    public func share(of statement: TreeStatement) throws(ManifestError) -> PartialSignature {
        let message = authority.signable(statement, bySigner: index)
        do {
            return PartialSignature(signer: index, signature: try signer.sign(message))
        } catch {
            throw ManifestError(.signingFailed, "signer \(index) did not sign: \(error)")
        }
    }
}

/// As ``TreeSigner``, with a signer that takes its time: a hardware key, an agent, a person.
public struct AsyncTreeSigner: Sendable {
    /// Whose trees are signed.
    public let authority: TreeAuthority
    /// Which signer of the manifest signs.
    public let index: Int
    private let signer: any AsyncSigner

    /// Finds the signer with this one's public key in the manifest.
    ///
    /// - Throws: `.unknownSigner` where the manifest declares none.
    public init(_ authority: TreeAuthority, signer: any AsyncSigner) throws(ManifestError) {
        self.authority = authority
        index = try authority.declaredIndex(of: signer.publicKey)
        self.signer = signer
    }

    /// The `signature` field for the tree that `statement` names.
    ///
    /// - Throws: `.quorumNotReached` where one signature is not enough, before anything is signed; `.signingFailed`.
    public func signature(of statement: TreeStatement) async throws(ManifestError) -> [UInt8] {
        try authority.requireSingleSignatureQuorum()
        return try authority.assemble([try await share(of: statement)])
    }

    /// This signer's share of the signature of the tree that `statement` names; see ``TreeAuthority/assemble(_:)``.
    ///
    /// - Throws: `.signingFailed`.
    public func share(of statement: TreeStatement) async throws(ManifestError) -> PartialSignature {
        let message = authority.signable(statement, bySigner: index)
        do {
            return PartialSignature(signer: index, signature: try await signer.sign(message))
        } catch {
            throw ManifestError(.signingFailed, "signer \(index) did not sign: \(error)")
        }
    }
}

extension TreeAuthority {
    fileprivate func declaredIndex(of publicKey: PublicKey) throws(ManifestError) -> Int {
        guard let index = signerIndex(of: publicKey) else {
            throw ManifestError(.unknownSigner, "the manifest declares no signer with the public key \(publicKey)")
        }
        return index
    }

    fileprivate func requireSingleSignatureQuorum() throws(ManifestError) {
        guard quorum == 1 else {
            throw ManifestError(
                .quorumNotReached,
                quorum == 0
                    ? "nobody can sign this core"
                    : "one signature is not enough: collect \(quorum) shares and assemble them")
        }
    }
}
