public import Crypto

/// The randomness of one stream: the machine makes none of its own.
///
/// It cannot be copied, because two streams from the same randomness would give their keys away.
public struct StreamEntropy: ~Copyable, Sendable {
    /// How many bytes a secretstream header has.
    public static let headerByteCount = 24

    let ephemeral: KeyPair
    let header: [UInt8]

    /// Draws fresh randomness from the operating system.
    public init() {
        ephemeral = KeyPair()
        header = Randomness.bytes(count: Self.headerByteCount)
    }

    /// Takes given randomness, so that a test or a simulation can repeat a stream byte for byte.
    ///
    /// A stream whose randomness others can know or guess is readable by them.
    ///
    /// - Parameters:
    ///   - ephemeralSeed: the seed of the ephemeral key pair, 32 bytes.
    ///   - header: the secretstream header that is sent after the handshake, 24 bytes.
    public init(reproducibleForTestingOnly ephemeralSeed: SecretBytes, header: [UInt8]) {
        precondition(
            header.count == Self.headerByteCount,
            "a secretstream header has \(Self.headerByteCount) bytes, not \(header.count)")
        ephemeral = KeyPair(seed: ephemeralSeed)
        self.header = header
    }
}
