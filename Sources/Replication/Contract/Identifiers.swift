/// One remote core: one channel on one connection. The driver makes these up and never uses one twice.
public struct PeerID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The number that the driver chose.
    public let rawValue: UInt64

    /// Names a peer.
    public init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }

    public static func < (left: PeerID, right: PeerID) -> Bool { left.rawValue < right.rawValue }

    public var description: String { "peer \(rawValue)" }
}

/// Something that the local side waits for: a block, a range, a longer log, a byte offset.
///
/// It ends exactly once: in an ``Effect/finished(_:_:)``, or in ``Replicator/cancel(_:into:)``.
public struct WantToken: Hashable, Sendable, CustomStringConvertible {
    let rawValue: UInt64

    public var description: String { "want \(rawValue)" }
}

/// A batch that was handed out to be stored, and whose fate the replicator has yet to hear.
public struct CommitID: Hashable, Sendable, CustomStringConvertible {
    let rawValue: UInt64

    public var description: String { "commit \(rawValue)" }
}

/// A point in time, in milliseconds of a clock of the driver's choice that never goes backwards.
public typealias Milliseconds = UInt64
