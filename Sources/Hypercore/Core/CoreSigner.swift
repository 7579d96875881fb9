import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import Synchronization

/// Signs the heads of one core with a key pair in memory, which is derived when it is first needed: most cores of a
/// large store are never appended to.
final class CoreSigner: Sendable {
    private let authority: TreeAuthority
    private let makeKeyPair: @Sendable () -> KeyPair
    private let signer = Mutex<TreeSigner?>(nil)

    /// Prepares to sign under `authority`.
    ///
    /// - Parameter makeKeyPair: derives the key pair; called once, on the committing thread.
    init(authority: TreeAuthority, makeKeyPair: @escaping @Sendable () -> KeyPair) {
        self.authority = authority
        self.makeKeyPair = makeKeyPair
    }

    /// Whether a signature of this key alone is enough.
    var signsAlone: Bool { authority.quorum == 1 }

    /// This key's share of the signature that `statement` needs.
    ///
    /// - Throws: where the manifest does not declare the key pair.
    func share(of statement: TreeStatement) throws(ManifestError) -> PartialSignature {
        try derivedSigner().share(of: statement)
    }

    /// The signature over `tree` in the form that the manifest asks for.
    ///
    /// - Throws: where the manifest does not declare the key pair, or needs more than one signature.
    func sign(_ tree: TreeHead, hashing: any TreeHashing) throws(ManifestError) -> [UInt8] {
        let statement = TreeStatement(treeHash: tree.treeHash(hashing), length: tree.length, fork: tree.fork)
        return try derivedSigner().signature(of: statement)
    }

    private func derivedSigner() throws(ManifestError) -> TreeSigner {
        try signer.withLock { (signer) throws(ManifestError) in
            if let signer { return signer }
            let made = try TreeSigner(authority, signer: makeKeyPair())
            signer = made
            return made
        }
    }
}
