public import Bitfield
import CompactEncoding
public import Crypto
public import MerkleTree
import StorageEngine

/// Reads one core's blocks, nodes and bitfield.
///
/// A handle without a state of its own: each call names the spans it reads by, so that heads, snapshots and branches
/// of one core share it. All reads are synchronous and see one consistent store when they are made inside one
/// `StorageEngine.read`; a read inside it joins its snapshot.
public struct StoredCore: Sendable {
    /// The number the store keeps the core under.
    public let number: CoreNumber
    let engine: any StorageEngine

    init(number: CoreNumber, engine: any StorageEngine) {
        self.number = number
        self.engine = engine
    }

    /// The block `index`, copied; `nil` where it is not here.
    ///
    /// - Throws: as ``withBlock(_:spans:_:)``.
    public func block(_ index: UInt64, spans: Spans) throws -> [UInt8]? {
        try withBlock(index, spans: spans) { [UInt8](copying: $0) }
    }

    /// Calls `body` with the block `index`, borrowed from the store; returns `nil` where it is not here.
    ///
    /// - Throws: what `body` throws; `StorageError`; ``StorageRecordError`` with `.damaged`, naming core and block, where
    ///   the store cannot make out what it holds.
    public func withBlock<Value>(
        _ index: UInt64, spans: Spans, _ body: (RawSpan) throws -> Value
    ) throws -> Value? {
        try engine.read { snapshot in try withBlock(index, spans: spans, in: copy snapshot, body) }
    }

    /// As ``withBlock(_:spans:_:)``, in a snapshot that is being read.
    func withBlock<Value>(
        _ index: UInt64, spans: Spans, in snapshot: Snapshot, _ body: (RawSpan) throws -> Value
    ) throws -> Value? {
        var isReadable = false
        do {
            return try LogKey(number, spans.generation(of: index), index: index).withBytes { key in
                try snapshot.withValue(Schema.blocks, key: key) { block in
                    isReadable = true
                    return try body(block)
                }
            }
        } catch let error as StorageError where error.code == .corrupt && !isReadable {
            throw StorageRecordError(.damaged, "block \(index) of core \(name(in: snapshot)): \(error)")
        }
    }

    /// What a person knows the core by: its key, if that can be read.
    private func name(in snapshot: borrowing Snapshot) -> String {
        let identity = try? snapshot.withRecord(Schema.cores, RecordKey.record(number, .identity)) {
            try CoreIdentity(decoding: $0)
        }
        return identity?.key.description ?? "number \(number.value)"
    }

    /// Whether block `index` is stored.
    public func containsBlock(_ index: UInt64, spans: Spans) throws -> Bool {
        try engine.read { snapshot in
            try LogKey(number, spans.generation(of: index), index: index).withBytes { key in
                try snapshot.contains(Schema.blocks, key: key)
            }
        }
    }

    /// How many blocks of `range` are stored, and the bytes that they have.
    public func size(of range: Range<UInt64>, spans: Spans) throws -> (blockCount: UInt64, byteCount: UInt64) {
        var size: (blockCount: UInt64, byteCount: UInt64) = (0, 0)
        for part in spans.parts(of: range) {
            let space = try engine.measuring(
                Schema.blocks, LogKey.range(number, part.generation, part.blocks), limit: .max)
            size.blockCount += space.recordCount
            size.byteCount += space.valueByteCount
        }
        return size
    }

    /// The tree as `spans` see it.
    public func tree(spans: Spans) -> StoredTree {
        StoredTree(core: self, spans: spans)
    }

    /// The stored pages of the bitfield.
    public var bitfieldPages: StoredPages { StoredPages(core: self, kind: .presence) }

    /// The stored pages of the marks.
    public var markPages: StoredPages { StoredPages(core: self, kind: .marks) }

    /// The head as it is stored.
    public func head() throws -> HeadRecord {
        let record = try engine.read { snapshot in
            try snapshot.withRecord(Schema.cores, RecordKey.record(number, .head)) {
                try HeadRecord(decoding: $0)
            }
        }
        guard let record else { throw StorageRecordError.missing("head", of: number) }
        return record
    }

    /// The user's data under a key of theirs; `nil` where there is none.
    public func userData(_ key: [UInt8]) throws -> [UInt8]? {
        try engine.read { snapshot in
            try snapshot.copy(Schema.cores, key: RecordKey.userData(number, key).span.bytes)
        }
    }

    /// Which blocks are here, as it is stored; `nil` where all are.
    public func presence() throws -> PresenceRecord? {
        try engine.read { snapshot in
            try snapshot.withRecord(Schema.cores, RecordKey.record(number, .presence)) {
                try PresenceRecord(decoding: $0)
            }
        }
    }
}

/// The stored nodes of one core's tree, by the spans of one head.
public struct StoredTree: NodeReader, Sendable {
    let core: StoredCore
    let spans: Spans

    /// The node with this flat-tree index, or `nil` where it is not stored.
    ///
    /// - Throws: `StorageError`; ``StorageRecordError`` where the record does not decode.
    public func node(at index: UInt64) throws -> TreeNode? {
        try core.engine.read { snapshot in try node(at: index, in: copy snapshot) }
    }

    func node(at index: UInt64, in snapshot: Snapshot) throws -> TreeNode? {
        let leaf = NodeGroup.leaf(of: index)
        return try LogKey(core.number, spans.generation(of: leaf), index: leaf).withBytes { key in
            try snapshot.withValue(Schema.tree, key: key) { try NodeGroup.find(index, in: $0) }
        } ?? nil
    }
}

/// The stored pages of one of a core's bitfields.
public struct StoredPages: BitfieldPageSource, Sendable {
    let core: StoredCore
    let kind: PageKind

    /// How a page is stored: a page that is all one value, such as those of a long range that was cleared, as one byte.
    static func record(of page: BitfieldPage) -> ArraySlice<UInt8> {
        if page == .empty { return [0x00] }
        if page == .full { return [0xff] }
        return page.bytes[...]
    }

    private static func page(of record: RawSpan) -> BitfieldPage? {
        guard record.byteCount == 1 else { return BitfieldPage(bytes: record) }
        switch record.unsafeLoad(as: UInt8.self) {
        case 0x00: return .empty
        case 0xff: return .full
        default: return nil
        }
    }

    /// The stored page `index`.
    public func page(at index: UInt64) throws -> BitfieldPage? {
        try core.engine.read { snapshot in
            try LogKey(core.number, page: index, of: kind).withBytes { key in
                try snapshot.withValue(Schema.bitfield, key: key) { value in
                    guard let page = Self.page(of: value) else {
                        throw StorageRecordError(.damaged, "page \(index) of a core's bitfield does not decode")
                    }
                    return page
                }
            }
        }
    }

    /// The lowest stored page from `index` on.
    public func firstPage(from index: UInt64) throws -> UInt64? {
        try edge(
            KeyRange(
                lower: LogKey(core.number, page: index, of: kind).array,
                upper: LogKey.pages(of: core.number, kind).upper),
            .ascending)
    }

    /// The highest stored page below `index`.
    public func lastPage(before index: UInt64) throws -> UInt64? {
        try edge(
            KeyRange(
                lower: LogKey.pages(of: core.number, kind).lower,
                upper: LogKey(core.number, page: index, of: kind).array),
            .descending)
    }

    private func edge(_ range: KeyRange, _ order: ScanOrder) throws -> UInt64? {
        var found: UInt64?
        try core.engine.read { snapshot in
            try snapshot.scan(Schema.bitfield, range, order: order) { key, _ in
                found = LogKey.index(in: key)
                return .stop
            }
        }
        return found
    }
}
