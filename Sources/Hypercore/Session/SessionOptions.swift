public import CompactEncoding

/// How a session on a log is opened.
///
/// ```swift
/// let log = try await store.get(name: "log", options: .encrypted(.key(secret)))
/// let known = try await store.get(key: key, options: SessionOptions(createIfMissing: false))
/// ```
public struct SessionOptions: Sendable {
    /// Whether a log of which nothing is stored is made; else it is not found.
    public var createIfMissing: Bool
    /// How this session encrypts the blocks that it appends and decrypts those that it reads; to be given anew each time
    /// that the log is opened, for the store does not keep it.
    public var encryption: BlockEncryption?
    /// Whether a name is to lead to the log that is asked for although it leads to another one. **That other log is removed
    /// from the store**, with the keys that are kept for it.
    public var force: Bool
    /// The topic of the group that the log is put into, where it is in none yet; see ``Hypercore/setGroup(_:)``.
    public var group: Bytes32?
    /// Whether the session makes its log wanted: it is opened on every stream, and peers are told that blocks of it are
    /// welcome. Through a session that is not active the log can be read and changed all the same, and what peers ask of
    /// it is answered; but it is not brought up to date, unless another session is active or something waits for it.
    public var isActive: Bool
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
    /// Whether the log is begun anew: what is stored of it goes from one moment to the next, and its name, manifest and
    /// keys stay. Refused with `.inUse` while the log is open.
    ///
    /// **Appending to it makes a second history** beside the one that others may have.
    public var overwrite: Bool

    /// Options of the given values.
    public init(
        createIfMissing: Bool = true, encryption: BlockEncryption? = nil, force: Bool = false, group: Bytes32? = nil,
        isActive: Bool = true, isExclusive: Bool = false, isReadOnly: Bool = false, isWeak: Bool = false,
        overwrite: Bool = false
    ) {
        self.createIfMissing = createIfMissing
        self.encryption = encryption
        self.force = force
        self.group = group
        self.isActive = isActive
        self.isExclusive = isExclusive
        self.isReadOnly = isReadOnly
        self.isWeak = isWeak
        self.overwrite = overwrite
    }

    /// Options of a session on an encrypted log.
    public static func encrypted(_ encryption: BlockEncryption) -> SessionOptions {
        SessionOptions(encryption: encryption)
    }
}
