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
    public private(set) var set: WriteSet
    private let core: CoreNumber

    /// Begins a change to `core`, which is refused with `.conflict` unless the stored head still has this fork and
    /// length when its turn comes.
    public init(_ core: StoredCore, expectingFork fork: UInt64, length: UInt64, in set: WriteSet = WriteSet()) {
        self.core = core.number
        self.set = set
        self.set.expect(
            Schema.cores, key: RecordKey.record(core.number, .head).span.bytes,
            .prefix(HeadRecord.prefix(fork: fork, length: length)))
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
            set.merge(Schema.tree, key: key, operand: [UInt8](copying: group)[...], .concatenate)
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

    /// Sets bits of a page of the bitfield, beside those that are set.
    public mutating func setBits(_ bits: ArraySlice<UInt8>, page: UInt64) {
        LogKey(core, page: page).withBytes { key in
            set.merge(Schema.bitfield, key: key, operand: bits, .bitwiseOr)
        }
    }

    /// Clears bits of a page of the bitfield.
    public mutating func clearBits(_ bits: ArraySlice<UInt8>, page: UInt64) {
        LogKey(core, page: page).withBytes { key in
            set.merge(Schema.bitfield, key: key, operand: bits, .bitwiseAndNot)
        }
    }

    /// Removes all pages of the bitfield from `page` on.
    public mutating func removePages(from page: UInt64) {
        set.delete(
            Schema.bitfield, KeyRange(lower: LogKey(core, page: page).array, upper: LogKey.all(of: core).upper))
    }

    /// Records how many blocks from the first on are here; `nil` where it is all of them, which takes no record.
    public mutating func put(contiguousLength: UInt64?) {
        let key = RecordKey.record(core, .contiguousLength)
        guard let contiguousLength else { return set.delete(Schema.cores, key: key.span.bytes) }
        var writer = ByteWriter(reservingCapacity: 8)
        writer.uint64(contiguousLength)
        set.put(Schema.cores, key: key.span.bytes, value: writer.bytes.span.bytes)
    }

    /// Stores a head that is complete: one that came with its signature.
    public mutating func put(head: HeadRecord) {
        set.put(Schema.cores, key: RecordKey.record(core, .head).span.bytes, value: head.encoded()[...])
    }

    /// Stores a head that is signed when the group of this write set is sealed.
    public mutating func put(head: HeadSeal) {
        set.put(Schema.cores, key: RecordKey.record(core, .head).span.bytes, seal: head)
    }

    /// Stores who the core is.
    public mutating func put(identity: CoreIdentity) {
        set.put(Schema.cores, key: RecordKey.record(core, .identity).span.bytes, value: identity.encoded()[...])
    }
}
