public import CompactEncoding

/// The key of a core: whoever knows it may read the core and verify it (PROTOCOL §2 and §3).
///
/// Its text form is z-base-32, 52 characters. Read from text, 64 hexadecimal digits and a `pear://` link with anything
/// after the next slash are accepted too.
///
/// ```swift
/// let key = try CoreKey(text: "pear://mkwj9jhfawp9am4oaccr8srma9r8moxc4r6scupz9xq4195r1quy/index.html")
/// print(key.discoveryKey)
/// ```
public struct CoreKey: Hashable, Sendable {
    /// The key's 32 bytes.
    public let bytes: Bytes32

    /// Wraps 32 bytes.
    public init(_ bytes: Bytes32) {
        self.bytes = bytes
    }

    /// Reads any text form of a key (`crypto.json`: texts).
    ///
    /// - Throws: `.invalidKeyText`.
    public init(text: some StringProtocol) throws(CryptoError) {
        guard let bytes = KeyText.parse(text) else {
            // The text is not repeated: mistyped, it is still as good as the key to whoever reads the log.
            throw CryptoError(
                .invalidKeyText,
                "a text of \(text.count) characters is no key: expected 52 of z-base-32, 64 hexadecimal digits, or a pear:// link"
            )
        }
        self.init(bytes)
    }

    /// What the core is announced and found by, without giving its key away: `H(key; "hypercore")`.
    public var discoveryKey: DiscoveryKey {
        DiscoveryKey(BLAKE2b.hash(Self.discoveryMessage, key: bytes))
    }

    private static let discoveryMessage = Array("hypercore".utf8)

    /// The key in z-base-32, 52 characters.
    public var text: String { ZBase32.encode(bytes.array) }
}

extension CoreKey: CustomStringConvertible {
    public var description: String { text }
}

/// What a core is announced and found by; does not give its key away (PROTOCOL §2).
public struct DiscoveryKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The discovery key's 32 bytes.
    public let bytes: Bytes32

    /// Wraps 32 bytes.
    public init(_ bytes: Bytes32) {
        self.bytes = bytes
    }

    /// Reads a discovery key from text: z-base-32 or hexadecimal digits, as for ``CoreKey/init(text:)``.
    ///
    /// - Throws: `.invalidKeyText`.
    public init(text: some StringProtocol) throws(CryptoError) {
        self.init(try CoreKey(text: text).bytes)
    }

    public static func < (left: DiscoveryKey, right: DiscoveryKey) -> Bool { left.bytes < right.bytes }

    /// The discovery key as 64 hexadecimal digits.
    public var description: String { bytes.hex }
}

/// The text forms in which a key is accepted.
enum KeyText {
    static func parse(_ text: some StringProtocol) -> Bytes32? {
        let scheme = "pear://"
        var key = Substring(text)
        if key.hasPrefix(scheme) {
            key = key.dropFirst(scheme.count).prefix { $0 != "/" }
        }
        switch key.utf8.count {
        case 52: return ZBase32.decode(key).flatMap { Bytes32($0) }
        case 64: return Bytes32(hex: key)
        default: return nil
        }
    }
}
