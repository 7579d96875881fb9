/// What has come to a server since it listens.
public struct ServerCounters: Hashable, Sendable {
    /// Connections that were taken in.
    public internal(set) var accepted: UInt64 = 0
    /// Connections that were closed as they came, because one of the limits of ``TransportConfiguration`` was reached.
    public internal(set) var noRoom: UInt64 = 0
    /// Peers that completed the handshake and were admitted.
    public internal(set) var admitted: UInt64 = 0
    /// Peers that completed the handshake and were not admitted, and those that were cut off when the admission changed.
    public internal(set) var notAdmitted: UInt64 = 0
    /// Bytes that came through the sockets.
    public internal(set) var receivedByteCount: UInt64 = 0
    /// Bytes that were handed to the sockets.
    public internal(set) var sentByteCount: UInt64 = 0
}

extension ServerCounters {
    mutating func add(_ connection: ReplicationConnection) {
        receivedByteCount += connection.receivedByteCount
        sentByteCount += connection.sentByteCount
    }
}
