import CompactEncoding
public import Crypto

/// Who a core is: its key, its manifest if that is known, and what its owner needs to sign.
///
/// ```text
/// u8 version ‖ uint flags (1 manifest, 2 secret, 4 alias, 8 name only) ‖ key 32 ‖ buffer manifest? ‖ seed 32? ‖ namespace 32, buffer name?
/// ```
public struct CoreIdentity: Equatable, Sendable {
    /// The core's key.
    public var key: CoreKey
    /// The encoded manifest; `nil` while only the key is known.
    public var manifest: [UInt8]?
    /// The seed of the signing key pair of a core that was made from a key pair and not from a name.
    public var seed: SecretBytes?
    /// The name that leads to the core in this store.
    public var alias: Alias?
    /// Whether the signing key pair is the one that the store's primary key and the name give; else the name is only a
    /// name. Without a name it says nothing.
    public var derivesKeyPair: Bool

    /// An identity of the given parts.
    public init(
        key: CoreKey, manifest: [UInt8]? = nil, seed: SecretBytes? = nil, alias: Alias? = nil,
        derivesKeyPair: Bool = true
    ) {
        self.key = key
        self.manifest = manifest
        self.seed = seed
        self.alias = alias
        self.derivesKeyPair = derivesKeyPair
    }
}

// MARK: - Encoding

extension CoreIdentity {
    private static let version: UInt8 = 1
    private static let name = "identity of a core"

    private struct Flags: OptionSet {
        let rawValue: UInt64
        static let manifest = Flags(rawValue: 1)
        static let seed = Flags(rawValue: 2)
        static let alias = Flags(rawValue: 4)
        static let nameOnly = Flags(rawValue: 8)
        static let all: Flags = [.manifest, .seed, .alias, .nameOnly]
    }

    func encoded() -> [UInt8] {
        var flags: Flags = []
        if manifest != nil { flags.insert(.manifest) }
        if seed != nil { flags.insert(.seed) }
        if alias != nil { flags.insert(.alias) }
        if alias != nil, !derivesKeyPair { flags.insert(.nameOnly) }
        var writer = ByteWriter(reservingCapacity: 160)
        writer.uint8(Self.version)
        writer.uint(flags.rawValue)
        writer.fixed32(key.bytes)
        if let manifest { writer.buffer(manifest) }
        seed?.withUnsafeBytes { writer.raw($0.bytes) }
        if let alias {
            writer.fixed32(alias.namespace)
            writer.buffer(alias.name)
        }
        return writer.bytes
    }

    init(decoding bytes: RawSpan) throws(StorageRecordError) {
        var reader = ByteReader(bytes)
        try reader.version(Self.version, of: Self.name)
        let flags = try Self.flags(from: &reader)
        do throws(CompactDecodingError) {
            derivesKeyPair = !flags.contains(.nameOnly)
            key = CoreKey(try reader.fixed32())
            if flags.contains(.manifest) { manifest = [UInt8](copying: try reader.buffer()) }
            if flags.contains(.seed) {
                let stored = try reader.fixed32()
                seed = SecretBytes(count: Bytes32.byteCount) { target in
                    stored.withUnsafeBytes { target.copyMemory(from: $0) }
                }
            }
            if flags.contains(.alias) {
                let namespace = try reader.fixed32()
                alias = Alias(namespace: namespace, name: [UInt8](copying: try reader.buffer()))
            }
            try reader.requireEnd()
        } catch {
            throw .damaged(Self.name, error)
        }
    }

    /// Reads which parts there are. One that is not known cannot be skipped, and would be lost if the record were
    /// written again.
    private static func flags(from reader: inout ByteReader) throws(StorageRecordError) -> Flags {
        let flags: Flags
        do throws(CompactDecodingError) {
            flags = Flags(rawValue: try reader.uint())
        } catch {
            throw .damaged(name, error)
        }
        guard flags.isSubset(of: .all) else { throw .unsupportedVersion(name, "parts \(flags.rawValue)") }
        return flags
    }
}
