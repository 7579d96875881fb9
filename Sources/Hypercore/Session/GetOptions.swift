/// How blocks are got that may not be here.
public struct GetOptions: Hashable, Sendable {
    /// Whether to wait for a peer to bring what is not here, for the log to grow to what lies past its end, and for a store
    /// that is suspended to be resumed. Where it is not to be waited for, `.notAvailable` or `.suspended` is thrown.
    public var waits: Bool
    /// How long to wait for a block, for each of several anew; `nil` waits until the task is cancelled or the session is
    /// closed.
    public var timeout: Duration?
    /// Whether blocks are handed over as they are stored and replicated, although the session could decrypt them. Byte
    /// offsets then count the padding, too.
    public var isRaw: Bool

    /// Whether peers are asked for the blocks before anything else that is wanted of the log.
    public var isUrgent: Bool

    /// Options of the given values.
    public init(waits: Bool = true, timeout: Duration? = nil, isRaw: Bool = false, isUrgent: Bool = false) {
        self.waits = waits
        self.timeout = timeout
        self.isRaw = isRaw
        self.isUrgent = isUrgent
    }

    /// Only what is here, without waiting for anybody.
    public static let local = GetOptions(waits: false)
}
