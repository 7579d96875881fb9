/// Two histories of one fork, both validly signed, that differ: whoever signs the log has broken the promise that there is
/// only one (PROTOCOL §4, Conflict).
public struct HistoryConflict: Hashable, Sendable {
    /// The fork of both.
    public let fork: UInt64
    /// A length that both have, and at which their trees differ.
    public let length: UInt64
    /// The proof of the history that is stored here. With ``theirs`` it shows the conflict to anybody who knows the core.
    public let ours: FullyRemoteProof
    /// The proof that a peer sent.
    public let theirs: FullyRemoteProof
    /// The peer that sent it. It need not be at fault: it may just be on the other side.
    public let peer: PeerID
}
