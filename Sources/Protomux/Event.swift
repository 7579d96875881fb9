extension Multiplexer {
    /// Something that the other side did.
    public enum Event: Equatable, Sendable {
        /// Both sides have opened the channel. `handshake` is what the other side sent with its open.
        case opened(ChannelID, handshake: ArraySlice<UInt8>)

        /// A message of the channel. `body` is a slice of the received frame, whose memory it keeps alive.
        case message(ChannelID, type: UInt64, body: ArraySlice<UInt8>)

        /// The channel is over, and not because of a call to ``Multiplexer/close(_:)``.
        case closed(ChannelID, Closure)

        /// The other side opened something that nobody here has; see ``PairRequest``.
        case pairRequested(PairRequest)
    }

    /// Why a channel is over.
    public enum Closure: Equatable, Sendable {
        /// The other side closed the channel.
        case closedByRemote
        /// The other side does not want what we opened.
        case rejected
        /// The stream has ended; see ``Multiplexer/shutDown(into:)``.
        case streamEnded
    }
}
