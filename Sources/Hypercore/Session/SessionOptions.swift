/// How a session on a log is opened.
public struct SessionOptions: Sendable {
    /// How this session encrypts the blocks that it appends and decrypts those that it reads; to be given anew each time
    /// that the log is opened, for the store does not keep it.
    public var encryption: BlockEncryption?
    /// Whether no other exclusive session of the log is to be open at the same time, in this process: opening waits until
    /// those that came before are closed, first come, first served.
    ///
    /// Sessions that are not exclusive go on as they are, and may change the log. A read-only session has nothing to
    /// exclude others from and never waits.
    public var isExclusive: Bool
    /// Whether every change through the session is refused with `.notWritable`. What is opened from such a session is
    /// read-only as well.
    public var isReadOnly: Bool
    /// Whether the session is closed as soon as nobody else has the log open: no other session, and no peer.
    public var isWeak: Bool

    /// Options of the given values.
    public init(
        encryption: BlockEncryption? = nil, isExclusive: Bool = false, isReadOnly: Bool = false, isWeak: Bool = false
    ) {
        self.encryption = encryption
        self.isExclusive = isExclusive
        self.isReadOnly = isReadOnly
        self.isWeak = isWeak
    }
}
