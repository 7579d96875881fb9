/// An open from the other side that nobody here has made, waiting for an answer.
///
/// Answer it by opening the same protocol and id (``Multiplexer/open(protocol:aliases:id:handshake:into:)``), or by
/// ``Multiplexer/reject(_:)``. Until then the multiplexer holds the frames that the other side already sends.
public struct PairRequest: Hashable, Sendable {
    /// The name that the other side opened, which may be an alias of the name that we use.
    public let protocolName: String
    /// The id that the other side opened, or `nil` for none.
    public let id: [UInt8]?
    /// What the other side sent with its open.
    public let handshake: [UInt8]

    let remoteID: UInt64
    let serial: UInt64
}
