import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import Synchronization

/// Signs the heads of one core with a key pair in memory, which is derived when it is first needed: most cores of a
/// large store are never appended to.
final class CoreSigner: Sendable {
    private let authority: TreeAuthority
    private let makeKeyPair: @Sendable () throws(CryptoError) -> KeyPair
    private let keyPair = Mutex<KeyPair?>(nil)

    /// Prepares to sign under `authority`.
    ///
    /// - Parameter makeKeyPair: derives the key pair; called once, on the committing thread.
    init(authority: TreeAuthority, makeKeyPair: @escaping @Sendable () throws(CryptoError) -> KeyPair) {
        self.authority = authority
        self.makeKeyPair = makeKeyPair
    }

    /// The signature over `tree` in the form that the manifest asks for.
    func sign(_ tree: TreeHead, hashing: any TreeHashing) throws(CryptoError) -> [UInt8] {
        let statement = TreeStatement(treeHash: tree.treeHash(hashing), length: tree.length, fork: tree.fork)
        do {
            return try authority.sign(statement, with: try derivedKeyPair())
        } catch let error as CryptoError {
            throw error
        } catch {
            throw CryptoError(.signingFailed, "\(error)")
        }
    }

    private func derivedKeyPair() throws(CryptoError) -> KeyPair {
        try keyPair.withLock { (derived) throws(CryptoError) in
            if let derived { return derived }
            let made = try makeKeyPair()
            derived = made
            return made
        }
    }
}
