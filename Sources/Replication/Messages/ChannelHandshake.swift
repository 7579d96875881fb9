public import CompactEncoding
public import Crypto

/// What a channel is opened with: `uint flags ‖ capability` (PROTOCOL §7).
public struct ChannelHandshake: Hashable, Sendable {
    private static let seeksFlag: UInt64 = 1

    /// Whether the sender answers seeks.
    public var supportsSeeks: Bool
    /// The proof that the sender knows the core's key; see ``ChannelCapability``.
    public var capability: Bytes32

    /// Creates a handshake.
    public init(supportsSeeks: Bool = true, capability: Bytes32) {
        self.supportsSeeks = supportsSeeks
        self.capability = capability
    }

    /// Decodes a handshake; bytes after it are ignored.
    public init(decoding body: ArraySlice<UInt8>) throws(CompactDecodingError) {
        var reader = ByteReader(body.span.bytes)
        let flags = try reader.uint()
        self.init(supportsSeeks: flags & Self.seeksFlag != 0, capability: try reader.fixed32())
    }

    /// Appends the handshake.
    public func encode(into writer: inout ByteWriter) {
        writer.uint(supportsSeeks ? Self.seeksFlag : 0)
        writer.fixed32(capability)
    }
}

/// Proves on one encrypted stream that a side knows a core's key, without sending it (PROTOCOL §7).
///
/// It holds for that stream alone, and for one of its two sides alone, so that it can be neither replayed nor mirrored.
public struct ChannelCapability: Sendable {
    private let key: CoreKey
    private let handshakeHash: Bytes64
    private let isInitiator: Bool

    /// The capabilities of a core on a stream.
    ///
    /// - Parameters:
    ///   - key: the core's key.
    ///   - handshakeHash: the hash of the stream's handshake, the same on both sides.
    ///   - isInitiator: whether this side opened the stream.
    public init(key: CoreKey, handshakeHash: Bytes64, isInitiator: Bool) {
        self.key = key
        self.handshakeHash = handshakeHash
        self.isInitiator = isInitiator
    }

    /// What this side sends: `H(handshakeHash; ns ‖ coreKey)`.
    public var local: Bytes32 { capability(ofInitiator: isInitiator) }

    /// Whether the other side has proven that it knows the key. If not, the whole stream is to be destroyed.
    public func accepts(remote: Bytes32) -> Bool {
        // In constant time: an early exit would tell how much of a guess was right.
        SecretBytes(copying: capability(ofInitiator: !isInitiator).array) == SecretBytes(copying: remote.array)
    }

    private func capability(ofInitiator: Bool) -> Bytes32 {
        let namespace = ofInitiator ? Namespaces.Log.replicateInitiator : Namespaces.Log.replicateResponder
        return BLAKE2b.hash(namespace.array + key.bytes.array, key: handshakeHash)
    }
}
