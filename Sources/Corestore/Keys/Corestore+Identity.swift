import CompactEncoding
public import Crypto

extension Corestore {
    /// The key pair by which the store is known to peers: the same one each time, in every session of the store, also where
    /// it was opened read-only.
    ///
    /// It derives from the primary key, so nothing is stored for it, and a store that is restored with its primary key has
    /// its identities back. No log is signed with it: what it derives from is no namespace that a name could lead to.
    ///
    /// ```swift
    /// let client = ReplicationClient(keyPair: try store.identity())
    /// ```
    ///
    /// **Privacy.** An identity tells neither the primary key nor which logs there are. But whoever completes a handshake
    /// with it learns the public key, and so sees that two connections, wherever they come from, are of one store. A server
    /// wants to be recognised, and uses it by default; a client shows it where a server admits known keys only, and uses
    /// a fresh key pair otherwise. Different names are different identities that nobody can connect with each other.
    ///
    /// - Parameter name: tells several identities of one store apart; any text.
    /// - Throws: ``CorestoreError``: `.closed`.
    public func identity(named name: String = "") throws(CorestoreError) -> KeyPair {
        try requireOpen()
        return root.keys.keyPair(name: Array(name.utf8), namespace: Self.identityNamespace)
    }

    /// Where identities are derived. A namespace that a session can have is the hash of at least the 32 bytes of its parent
    /// (PROTOCOL §9), which this text has not, so none of them is this one.
    private static let identityNamespace = BLAKE2b.hash(Array("swift-corestore/identity".utf8))
}
