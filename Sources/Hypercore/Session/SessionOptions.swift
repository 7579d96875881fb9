/// How a session on a log is opened.
public struct SessionOptions: Sendable {
    /// How this session encrypts the blocks that it appends and decrypts those that it reads; to be given anew each time
    /// that the log is opened, for the store does not keep it.
    public var encryption: BlockEncryption?

    /// Options of the given values.
    public init(encryption: BlockEncryption? = nil) {
        self.encryption = encryption
    }
}
