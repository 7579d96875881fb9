public import Bitfield
import CompactEncoding
public import Crypto
public import StorageEngine

/// Composes the write set of one change to a core, in terms of the log.
///
/// ```swift
/// var write = CoreWrite(core, expecting: head)
/// write.put(block, at: head.length, spans: head.spans)
/// write.putNew(nodes, spans: head.spans)
/// write.put(head: seal)
/// try await writer.commit(write.set)
/// ```
public struct CoreWrite: Sendable {
    /// What has been composed.
    public internal(set) var set: WriteSet
    let core: CoreNumber

    /// The longest key of user data, in bytes.
    public static let maximumUserKeyByteCount = RecordKey.longestUserKey

    /// Begins a change to `core`, which is refused with `.conflict` unless `head`, whatever its signature, is still the
    /// stored one when its turn comes.
    public init(_ core: StoredCore, expecting head: HeadRecord, in set: WriteSet = WriteSet()) {
        self.init(core.number, set)
        CoreRecordKey(core.number, .head).withBytes { key in
            self.set.expect(Schema.cores, key: key, .prefix(head.content))
        }
    }

    init(_ core: CoreNumber, _ set: WriteSet) {
        self.core = core
        self.set = set
    }

    /// Makes room for so many blocks of so many bytes in all, and for so many nodes, so that what is composed has not to be moved
    /// as it grows.
    public mutating func reserve(blocks: Int, byteCount: Int, nodes: Int) {
        guard blocks + nodes > 4 else { return }
        // Long blocks are not copied, so that these bytes are too many where there are such; they may be short ones, too.
        let copied = byteCount / max(blocks, 1) < WriteSet.sharingThreshold ? byteCount : 0
        set.reserve(
            operations: blocks + nodes,
            byteCount: copied + blocks * LogKey.byteCount + nodes * (LogKey.byteCount + NodeGroup.nodeByteCount))
    }

    /// Stores a block. Its bytes are shared, not copied.
    public mutating func put(_ block: ArraySlice<UInt8>, at index: UInt64, spans: Spans) {
        LogKey(core, spans.generation(of: index), index: index).withBytes { key in
            set.put(Schema.blocks, key: key, value: block)
        }
    }

    /// Stores the nodes that appending brought about, in the order of the leaves that completed them.
    ///
    /// Only for nodes of leaves that had none: their groups are written whole and not read before.
    public mutating func putNew(_ nodes: [TreeNode], spans: Spans) {
        writeGroups(nodes, spans: spans) { set, key, group in set.put(Schema.tree, key: key, value: group) }
    }

    /// Stores nodes beside those that are there; for nodes out of a proof.
    public mutating func add(_ nodes: [TreeNode], spans: Spans) {
        writeGroups(nodes, spans: spans) { set, key, group in
            set.merge(Schema.tree, key: key, operand: group, .concatenate)
        }
    }

    private mutating func writeGroups(
        _ nodes: [TreeNode], spans: Spans, _ write: (inout WriteSet, RawSpan, RawSpan) -> Void
    ) {
        var group = ByteWriter(reservingCapacity: 256)
        var position = 0
        while position < nodes.count {
            let leaf = NodeGroup.leaf(of: nodes[position].index)
            group.removeAll()
            while position < nodes.count, NodeGroup.leaf(of: nodes[position].index) == leaf {
                NodeGroup.write(nodes[position], into: &group)
                position += 1
            }
            LogKey(core, spans.generation(of: leaf), index: leaf).withBytes { key in
                write(&set, key, group.bytes.span.bytes)
            }
        }
    }

    /// Deletes the blocks of `range`. Their nodes stay: they prove what is left, and the blocks if they come again.
    public mutating func deleteBlocks(_ range: Range<UInt64>, spans: Spans) {
        for part in spans.parts(of: range) {
            set.delete(Schema.blocks, LogKey.range(core, part.generation, part.blocks))
        }
    }

    /// Leaves to be swept what a log of `length` blocks in `old` spans has no more in `spans`, or at all where there are
    /// none, and what `other` does not read either.
    public mutating func abandonWhatIsDropped(
        from old: Spans, length: UInt64, to spans: Spans?, keptBy other: HeadRecord? = nil
    ) {
        for tail in old.abandoned(length: length, goingOnIn: spans, keptBy: other) {
            set.put(Schema.cores, Garbage(core: core, extent: .tail(tail)).key, record: [])
        }
    }

    /// Does something to the set in terms of this core's records.
    mutating func edit(_ body: (inout WriteSet, CoreNumber) -> Void) { body(&set, core) }

    /// Stores the user's data under a key of theirs, or removes it where it is `nil`.
    public mutating func put(userData value: [UInt8]?, for key: [UInt8]) {
        let key = RecordKey.userData(core, key)
        if let value {
            set.put(Schema.cores, key, record: value)
        } else {
            set.removeRecord(Schema.cores, key)
        }
    }

    /// Stores a page of the bitfield, or removes it where it is `nil`.
    public mutating func put(page: BitfieldPage?, at index: UInt64) {
        LogKey(core, page: index).withBytes { key in
            if let page {
                set.put(Schema.bitfield, key: key, value: StoredPages.record(of: page))
            } else {
                set.delete(Schema.bitfield, key: key)
            }
        }
    }

    /// Refuses the write set unless the presence record stands at this revision, or is absent for `nil`.
    public mutating func expectPresence(revision: UInt64?) {
        CoreRecordKey(core, .presence).withBytes { key in
            set.expect(
                Schema.cores, key: key, revision.map { .prefix(PresenceRecord.prefix(revision: $0)) } ?? .absent)
        }
    }

    /// Records which blocks are here, beside the pages; `nil` where all are, which takes neither record nor pages.
    public mutating func put(presence: PresenceRecord?) {
        let key = RecordKey.record(core, .presence)
        if let presence {
            set.put(Schema.cores, key, record: presence.encoded())
        } else {
            set.removeRecord(Schema.cores, key)
            set.delete(Schema.bitfield, LogKey.pages(of: core, .presence))
        }
    }

    /// Stores a head that is complete: one that came with its signature.
    public mutating func put(head: HeadRecord) {
        set.put(Schema.cores, RecordKey.record(core, .head), record: head.encoded())
    }

    /// Stores a head that is signed when the group of this write set is sealed.
    public mutating func put(head: HeadSeal) {
        CoreRecordKey(core, .head).withBytes { set.put(Schema.cores, key: $0, seal: head) }
    }

    /// Stores who the core is.
    public mutating func put(identity: CoreIdentity) {
        set.put(Schema.cores, RecordKey.record(core, .identity), record: identity.encoded())
    }
}
