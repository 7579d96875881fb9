public import CompactEncoding

/// How a session on a log is opened.
public struct SessionOptions: Sendable {
    /// How this session encrypts the blocks that it appends and decrypts those that it reads; to be given anew each time
    /// that the log is opened, for the store does not keep it.
    public var encryption: BlockEncryption?

    /// The topic of the group that the log is put into, where it is in none yet; see ``Hypercore/setGroup(_:)``.
    public var group: Bytes32?

    /// Options of the given values.
    public init(encryption: BlockEncryption? = nil, group: Bytes32? = nil) {
        self.encryption = encryption
        self.group = group
    }
}
