/// How a session on a log is opened.
public struct SessionOptions: Sendable {
    /// How this session encrypts the blocks that it appends and decrypts those that it reads; to be given anew each time
    /// that the log is opened, for the store does not keep it.
    public var encryption: BlockEncryption?

    /// Whether the session makes its log wanted: it is opened on every stream, and peers are told that blocks of it are
    /// welcome. Through a session that is not active the log can be read and changed all the same, and what peers ask of
    /// it is answered; but it is not brought up to date, unless another session is active or something waits for it.
    public var isActive: Bool

    /// Options of the given values.
    public init(encryption: BlockEncryption? = nil, isActive: Bool = true) {
        self.encryption = encryption
        self.isActive = isActive
    }
}
