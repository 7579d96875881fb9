import CompactEncoding
import Crypto
public import MerkleTree

/// The head of a log as it is stored: how long the log is, the roots of its tree, where its blocks lie, and the
/// signature over all of it.
///
/// ```text
/// u8 version ‖ u64 fork ‖ u64 length ‖ spans ‖ array(uint size ‖ hash 32) roots ‖ buffer signature
/// ```
///
/// Version, fork and length come first and have a fixed width: they are what a write set expects of a core.
public struct HeadRecord: Hashable, Sendable {
    /// Fork, length and roots.
    public var tree: TreeHead
    /// Where the blocks lie.
    public var spans: Spans
    /// The signature in the manifest's form; empty for an empty log.
    public var signature: [UInt8]

    /// A head of the given parts; the head of an empty log where none is given.
    public init(tree: TreeHead = TreeHead(), spans: Spans = Spans(), signature: [UInt8] = []) {
        self.tree = tree
        self.spans = spans
        self.signature = signature
    }

    /// How often the log was truncated.
    public var fork: UInt64 { tree.fork }
    /// The length in blocks.
    public var length: UInt64 { tree.length }
}

// MARK: - Encoding

extension HeadRecord {
    private static let version: UInt8 = 1
    private static let name = "head of a core"

    /// What the record of a head of this fork and length begins with.
    static func prefix(fork: UInt64, length: UInt64) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 17)
        writer.uint8(version)
        writer.uint64(fork)
        writer.uint64(length)
        return writer.bytes
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 64 + 40 * tree.roots.count + signature.count)
        writer.raw(Self.prefix(fork: fork, length: length))
        spans.encode(into: &writer)
        writer.array(tree.roots) { writer, root in
            writer.uint(root.size)
            writer.fixed32(root.hash)
        }
        writer.buffer(signature)
        return writer.bytes
    }

    init(decoding bytes: RawSpan) throws(StorageRecordError) {
        var reader = ByteReader(bytes)
        try reader.version(Self.version, of: Self.name)
        do throws(CompactDecodingError) {
            let fork = try reader.uint64()
            let length = try reader.uint64()
            spans = try Spans(from: &reader)
            tree = try Self.tree(fork: fork, length: length, from: &reader)
            signature = [UInt8](copying: try reader.buffer())
            try reader.requireEnd()
        } catch {
            throw .damaged(Self.name, error)
        }
    }

    private static func tree(
        fork: UInt64, length: UInt64, from reader: inout ByteReader
    ) throws(CompactDecodingError) -> TreeHead {
        let offset = reader.offset
        guard length <= FlatTree.maximumLength else {
            throw CompactDecodingError(.integerTooLarge(length), offset: offset)
        }
        let roots = try reader.array { (reader) throws(CompactDecodingError) in
            (size: try reader.uint(), hash: try reader.fixed32())
        }
        let indices = Array(FlatTree.roots(ofLength: length))
        guard roots.count == indices.count else {
            throw CompactDecodingError(.invalidValue("\(roots.count) roots for \(length) blocks"), offset: offset)
        }
        do throws(TreeError) {
            return try TreeHead(
                fork: fork, roots: zip(indices, roots).map { TreeNode(index: $0, size: $1.size, hash: $1.hash) })
        } catch {
            throw CompactDecodingError(.invalidValue("\(error)"), offset: offset)
        }
    }
}
