/// How peers are asked for a longer log.
public struct UpdateOptions: Hashable, Sendable {
    /// Whether to wait until the log grows, whatever the peers that are there say.
    public var waits: Bool
    /// How long to wait at most; `nil` waits until the task is cancelled or the session is closed.
    public var timeout: Duration?
    /// Whether the last block of the longer log is asked for along with it, which saves a round trip to whoever only wants
    /// to know the latest state.
    public var fetchesLastBlock: Bool

    /// Options of the given values.
    public init(waits: Bool = false, timeout: Duration? = nil, fetchesLastBlock: Bool = false) {
        self.waits = waits
        self.timeout = timeout
        self.fetchesLastBlock = fetchesLastBlock
    }
}
