import Crypto
import HypercoreStorage
import Manifest

extension CoreIdentity {
    /// The identity as it may be stored: its manifest is the core's, and declares its key pair.
    ///
    /// What the manifest of a core from before manifests says beside its signer is not bound to its key, and is left out.
    ///
    /// - Parameter signer: who else is to sign the core.
    /// - Throws: `.invalidManifest`.
    func validated(signer: PublicKey? = nil) throws(HypercoreError) -> CoreIdentity {
        guard let manifest else { return self }
        let authority: TreeAuthority
        do {
            authority = try TreeAuthority(key: key, manifest: CoreManifest(decoding: manifest))
        } catch {
            throw HypercoreError(.invalidManifest, key: key, "the manifest is not the log's: \(error)")
        }
        try requireDeclared(by: authority)
        if let signer { try require(signer, declaredBy: authority) }
        guard authority.isCompat else { return self }
        var canonical = self
        canonical.manifest = CoreManifest.assumed(for: key).encoded
        return canonical
    }

    /// This identity with what it lacks and `other`, which is valid, has; `nil` where it lacks nothing of that.
    ///
    /// A key pair that is given takes the place of the one before: of several signers a store holds the key of one.
    ///
    /// - Throws: `.invalidManifest` for a key pair that the manifest does not declare; `.anotherCore` where the core has
    ///   another name already.
    func completed(by other: CoreIdentity) throws(HypercoreError) -> CoreIdentity? {
        var completed = self
        var isChanged = false
        if manifest == nil, let manifest = other.manifest {
            completed.manifest = manifest
            isChanged = true
        }
        if let given = other.seed, seed != given {
            completed.seed = given
            isChanged = true
        }
        if let given = other.alias, alias != given {
            if let alias {
                throw HypercoreError(
                    .anotherCore, key: key,
                    "the log has the name \"\(String(decoding: alias.name, as: UTF8.self))\" in this store already")
            }
            completed.alias = given
            completed.derivesKeyPair = other.derivesKeyPair
            isChanged = true
        }
        guard isChanged else { return nil }
        if other.seed != nil { try completed.requireDeclaredSigner() }
        return completed
    }

    /// Throws where there is a key pair, and the manifest, which was checked before, is not known to declare it.
    ///
    /// - Throws: `.invalidManifest`.
    func requireDeclaredSigner() throws(HypercoreError) {
        guard seed != nil else { return }
        try requireDeclared(by: manifest.flatMap { try? TreeAuthority(key: key, manifest: CoreManifest(decoding: $0)) })
    }

    /// Throws where the stored key pair is none of those who may sign.
    private func requireDeclared(by authority: TreeAuthority?) throws(HypercoreError) {
        guard let seed else { return }
        guard let authority else {
            throw HypercoreError(
                .invalidManifest, key: key,
                "whether the key pair may sign the log is unknown: give its manifest as well")
        }
        try require(KeyPair(seed: seed).publicKey, declaredBy: authority)
    }

    private func require(_ publicKey: PublicKey, declaredBy authority: TreeAuthority) throws(HypercoreError) {
        guard authority.signerIndex(of: publicKey) != nil else {
            throw HypercoreError(
                .invalidManifest, key: key, "the log cannot be signed by \(publicKey): its manifest does not declare it"
            )
        }
    }
}
