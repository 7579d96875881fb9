/// Names one channel for as long as its ``Multiplexer`` lives.
///
/// The wire reuses the small numbers of closed channels. This name also carries a serial number that is never used
/// twice, so one kept beyond its channel's end names nothing, rather than whichever channel came after.
public struct ChannelID: Hashable, Sendable {
    /// The number that this side sends with each frame of the channel, from 1 up.
    public let localID: UInt64
    let serial: UInt64
}

extension ChannelID: CustomStringConvertible {
    public var description: String { "channel \(localID) (#\(serial))" }
}
