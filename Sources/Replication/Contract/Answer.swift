public import MerkleTree

/// A peer's request, or a block to be pushed to it, to be answered by the driver with a proof.
///
/// Put the proof together outside the core's lock, from the durable head, and give it back with
/// ``Replicator/answered(_:with:log:now:into:)``, in the order in which the answers were taken.
public struct Answer: Sendable {
    /// Who asks.
    public let peer: PeerID
    /// What is to be proven.
    public let parts: ProofRequest
    /// The fork that it is to be proven of.
    public let fork: UInt64

    /// The place of the request in the peer's queue; `nil` for a block that is pushed to it.
    let ticket: UploadQueue.Ticket?
}

/// Why a request could not be answered.
public enum AnswerFailure: Error, Hashable, Sendable {
    /// The block or a node is not here, or the log has another fork by now.
    case notAvailable
    /// No tree of this length can answer it. The peer gets its refusal late, and loses its channel for many of them.
    case invalidRequest
}
