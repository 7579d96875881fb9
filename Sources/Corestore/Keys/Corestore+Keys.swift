public import CompactEncoding
public import Crypto

extension Corestore {
    /// The key pair that the store's primary key gives for a name: the same one each time, and another one in every other
    /// store.
    ///
    /// It is the one that signs the log of this name, if that is the store's own. For an identity, or a signer of several,
    /// choose a name that no log has.
    ///
    /// - Parameters:
    ///   - name: any text.
    ///   - namespace: where the name lives; that of this session where none is given.
    /// - Throws: ``CorestoreError``: `.closed`.
    public func createKeyPair(_ name: String, in namespace: Bytes32? = nil) throws(CorestoreError) -> KeyPair {
        try createKeyPair(Array(name.utf8), in: namespace)
    }

    /// The key pair that the store's primary key gives for a name of any bytes; see ``createKeyPair(_:in:)-(String,_)``.
    public func createKeyPair(_ name: [UInt8], in namespace: Bytes32? = nil) throws(CorestoreError) -> KeyPair {
        try requireOpen()
        return root.keys.keyPair(name: name, namespace: namespace ?? self.namespace)
    }
}
