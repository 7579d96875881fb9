public import CompactEncoding
import Crypto
import StorageEngine

/// The number under which a store keeps a core; given once, never again.
public struct CoreNumber: Hashable, Sendable, Comparable {
    let value: UInt32

    init(_ value: UInt32) {
        self.value = value
    }

    public static func < (left: CoreNumber, right: CoreNumber) -> Bool { left.value < right.value }
}

/// A run of appends between two truncations of one core; see ``Schema``.
public struct Generation: Hashable, Sendable, Comparable {
    /// The number that keys carry.
    public let value: UInt32

    init(_ value: UInt32) {
        self.value = value
    }

    /// The generation that a core begins with.
    public static let first = Generation(0)

    /// The generation after this one.
    var next: Generation { Generation(value + 1) }

    public static func < (left: Generation, right: Generation) -> Bool { left.value < right.value }
}

/// What the pages of one of a core's bitfields say of its blocks; stands in their keys where a generation stands in others.
enum PageKind: UInt32 {
    /// Which blocks are here.
    case presence = 0
    /// Which blocks are marked.
    case marks = 1
}

/// The key of a block, of a node group or of a bitfield page: sixteen bytes, made without an allocation.
struct LogKey {
    static let byteCount = 16

    private let high: UInt64
    private let low: UInt64

    /// The key of block `index`, or of the nodes that end at leaf `index`.
    init(_ core: CoreNumber, _ generation: Generation, index: UInt64) {
        high = (UInt64(core.value) << 32 | UInt64(generation.value)).bigEndian
        low = index.bigEndian
    }

    /// The key of a page of a bitfield.
    init(_ core: CoreNumber, page: UInt64, of kind: PageKind = .presence) {
        self.init(core, Generation(kind.rawValue), index: page)
    }

    /// Calls `body` with the key.
    func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
        try withUnsafeBytes(of: (high, low)) { try body($0.bytes) }
    }

    /// The key, copied: for the ends of ranges.
    var array: [UInt8] { withBytes { [UInt8](copying: $0) } }

    /// The index at the end of a stored key; `nil` for a key of another length.
    static func index(in key: RawSpan) -> UInt64? {
        guard key.byteCount == byteCount else { return nil }
        return key.unsafeLoadUnaligned(fromByteOffset: 8, as: UInt64.self).bigEndian
    }

    /// The keys of the blocks of one generation from `start` on.
    static func range(_ core: CoreNumber, _ generation: Generation, from start: UInt64) -> KeyRange {
        let all = KeyRange(prefix: Array(LogKey(core, generation, index: 0).array.prefix(8)))
        return KeyRange(lower: LogKey(core, generation, index: start).array, upper: all.upper)
    }

    /// The keys of some blocks of one generation.
    static func range(_ core: CoreNumber, _ generation: Generation, _ blocks: Range<UInt64>) -> KeyRange {
        KeyRange(
            lower: LogKey(core, generation, index: blocks.lowerBound).array,
            upper: LogKey(core, generation, index: blocks.upperBound).array)
    }

    /// The keys of all pages of one of a core's bitfields.
    static func pages(of core: CoreNumber, _ kind: PageKind) -> KeyRange {
        KeyRange(prefix: Array(LogKey(core, page: 0, of: kind).array.prefix(8)))
    }

    /// All keys of the table that belong to `core`.
    static func all(of core: CoreNumber) -> KeyRange {
        KeyRange(prefix: Array(LogKey(core, .first, index: 0).array.prefix(4)))
    }
}

/// The key of one of a core's own records: six bytes, made without an allocation.
struct CoreRecordKey {
    private let bytes: UInt64

    init(_ core: CoreNumber, _ kind: RecordKey.CoreRecord) {
        bytes = (0x01 << 56 | UInt64(core.value) << 24 | UInt64(kind.rawValue) << 16).bigEndian
    }

    /// Calls `body` with the key.
    func withBytes<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
        try withUnsafeBytes(of: bytes) { try body(UnsafeRawBufferPointer(rebasing: $0[..<6]).bytes) }
    }
}

/// Keys of the tables `store` and `cores`.
enum RecordKey {
    static let format = Array("format".utf8)
    static let nextCore = Array("next-core".utf8)
    static let primaryKey = Array("primary-key".utf8)
    static let historyDoubt = Array("history-doubt".utf8)

    /// The kinds of records that a core has one of.
    enum CoreRecord: UInt8 {
        case identity = 0
        case head = 1
        case presence = 2
        case trust = 3
        case conflict = 4
        /// Followed by the branch's name.
        case branch = 5
        case generations = 6
        case group = 8
        case marks = 9
        /// Followed by the key that the user chose.
        case userData = 16
    }

    /// Where a core's number is found by its discovery key.
    static func pointer(_ discoveryKey: DiscoveryKey) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 33)
        writer.uint8(0x00)
        writer.fixed32(discoveryKey.bytes)
        return writer.bytes
    }

    /// Where a group lists a core that was changed at `timestamp`.
    static func group(_ topic: Bytes32, _ timestamp: UInt64, _ core: CoreNumber) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 45)
        writer.raw(group(topic).span.bytes)
        writer.uint64BigEndian(timestamp)
        writer.uint32BigEndian(core.value)
        return writer.bytes
    }

    /// What the keys of a group's list begin with.
    static func group(_ topic: Bytes32) -> [UInt8] { [0x02] + topic.array }

    /// What a pointer holds.
    static func number(_ core: CoreNumber) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 4)
        writer.uint32(core.value)
        return writer.bytes
    }

    /// All pointers.
    static let pointers = KeyRange(prefix: [0x00])

    /// One of a core's own records.
    static func record(_ core: CoreNumber, _ kind: CoreRecord) -> [UInt8] {
        CoreRecordKey(core, kind).withBytes { [UInt8](copying: $0) }
    }

    /// All of a core's own records.
    static func records(of core: CoreNumber) -> KeyRange {
        KeyRange(prefix: Array(record(core, .identity).dropLast()))
    }

    /// Those of a core's own records that lie between two kinds.
    static func records(of core: CoreNumber, from first: CoreRecord, before end: CoreRecord) -> KeyRange {
        KeyRange(lower: record(core, first), upper: record(core, end))
    }

    /// The most bytes that a key of user data has.
    static let longestUserKey = 400

    /// Where user data of a core is kept.
    static func userData(_ core: CoreNumber, _ key: [UInt8]) -> [UInt8] { record(core, .userData) + key }

    /// The most bytes that the name of a branch has.
    static let longestBranchName = 400

    /// Where the head of a branch is kept.
    static func branch(_ core: CoreNumber, _ name: [UInt8]) -> [UInt8] { record(core, .branch) + name }

    /// The heads of all branches of a core.
    static func branches(of core: CoreNumber) -> KeyRange { KeyRange(prefix: record(core, .branch)) }

    /// All garbage.
    static let garbage = KeyRange(prefix: [0x02])

    /// The most bytes that a name takes in a key. A longer one is kept by its hash, so that every name fits.
    static let longestPlainName = 400

    /// Where a name leads to a core.
    static func alias(_ alias: Alias) -> [UInt8] {
        let isPlain = alias.name.count <= longestPlainName
        var writer = ByteWriter(reservingCapacity: 34 + (isPlain ? alias.name.count : Bytes32.byteCount))
        writer.uint8(0x01)
        writer.fixed32(alias.namespace)
        writer.uint8(isPlain ? 0 : 1)
        if isPlain { writer.raw(alias.name.span.bytes) } else { writer.fixed32(BLAKE2b.hash(alias.name)) }
        return writer.bytes
    }

    /// What the keys of all aliases of a namespace begin with.
    static func aliases(in namespace: Bytes32) -> [UInt8] { [0x01] + namespace.array }
}

extension RecordKey.CoreRecord {
    /// The kind that a record's key names; `nil` for one that this version does not know.
    init?(of key: RawSpan) {
        guard key.byteCount >= 6 else { return nil }
        self.init(rawValue: key.unsafeLoad(fromByteOffset: 5, as: UInt8.self))
    }
}

/// A core's name within a namespace (PROTOCOL §9).
public struct Alias: Hashable, Sendable {
    /// The namespace; 32 zero bytes for the root.
    public let namespace: Bytes32
    /// The name's bytes, of any length.
    public let name: [UInt8]

    /// Names a core.
    public init(namespace: Bytes32, name: [UInt8]) {
        self.namespace = namespace
        self.name = name
    }
}
