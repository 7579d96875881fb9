/// The times and the bound of one stream.
public struct StreamOptions: Equatable, Sendable {
    /// The longest frame that the wire format knows: its length is three bytes (PROTOCOL §5).
    public static let largestFrameByteCount = 1 << 24 - 1

    /// After how long without writing an empty message is sent, so that the other side sees us alive; `nil`: never.
    ///
    /// Five seconds is what replicating peers do (PROTOCOL §5).
    public var keepAliveInterval: Duration? = .seconds(5)

    /// After how long without receiving anything the stream fails; `nil`, the default: never.
    ///
    /// Peers are free not to send keep-alives. Where they are known to, some three of their intervals is a good value.
    public var silenceTimeout: Duration?

    /// How long the stream may take to open, from its creation to the other side's header; `nil`: for ever.
    public var handshakeTimeout: Duration? = .seconds(15)

    /// The longest frame accepted after the handshake, and so the bound of what a peer can make us hold at a time.
    ///
    /// A frame is 17 bytes longer than its plaintext. Between 17 and ``largestFrameByteCount``, the default; a lower
    /// one cuts off peers that make use of the protocol's 16 MiB.
    public var maximumFrameByteCount = Self.largestFrameByteCount

    /// Creates the default options.
    public init() {}
}

extension StreamOptions {
    func validate() {
        for (name, time) in [
            ("keepAliveInterval", keepAliveInterval), ("silenceTimeout", silenceTimeout),
            ("handshakeTimeout", handshakeTimeout),
        ] {
            guard let time else { continue }
            precondition(time > .zero, "\(name) must be above zero, or nil: \(time)")
        }
        precondition(
            (MessageFrame.overhead...Self.largestFrameByteCount).contains(maximumFrameByteCount),
            "maximumFrameByteCount must be from \(MessageFrame.overhead) to \(Self.largestFrameByteCount): \(maximumFrameByteCount)"
        )
    }
}
