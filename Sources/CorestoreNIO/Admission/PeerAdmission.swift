public import Crypto

/// Which peers a connection is kept with, by the public keys that they have proved to hold.
///
/// It is asked once the handshake is complete and before anything else: a peer that is not admitted is told nothing, neither
/// of logs nor of channels, and the stream of a connecting side that refuses has not shown its own key either.
///
/// ```swift
/// let server = try await ReplicationServer.listen(serving: store, admitting: .only([laptop, phone]))
/// server.admit(.only([laptop]))       // cuts the phone off
/// ```
public struct PeerAdmission: Sendable {
    private let decide: @Sendable (PublicKey) -> Bool

    /// Asks `decide`, on the event loop of each connection, which it must not block, and about the connections that there
    /// are when it takes the place of another.
    public init(_ decide: @escaping @Sendable (PublicKey) -> Bool) {
        self.decide = decide
    }

    /// Whoever completes the handshake. What a peer gets depends on the keys of logs that it knows.
    public static let everyone = PeerAdmission { _ in true }

    /// Peers of these public keys, and nobody where there are none.
    public static func only(_ keys: Set<PublicKey>) -> PeerAdmission {
        PeerAdmission { keys.contains($0) }
    }

    /// Whether a peer is admitted.
    public func admits(_ key: PublicKey) -> Bool {
        decide(key)
    }
}

extension TransportError {
    /// Says that the other side's key is not admitted here.
    static func notAdmitted(_ key: PublicKey) -> TransportError {
        TransportError(.notAdmitted, "the other side's public key, \(key), is not among those that are admitted here")
    }
}

extension PublicKey {
    /// Enough of the key to tell it from others in a log.
    var shortText: String { String(description.prefix(12)) }
}
