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
/// Everything but the signature is what a write set expects of a core: fork and length alone would not tell a history from
/// another one that somebody else has written in its place.
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

    /// The record up to the signature: it tells one history from any other of the same fork and length, and it is known
    /// before the head is signed.
    var content: [UInt8] {
        var writer = ByteWriter(reservingCapacity: 128 + 40 * tree.roots.count + signature.count)
        encodeContent(into: &writer)
        return writer.bytes
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 128 + 40 * tree.roots.count + signature.count)
        encodeContent(into: &writer)
        writer.buffer(signature)
        return writer.bytes
    }

    private func encodeContent(into writer: inout ByteWriter) {
        writer.uint8(Self.version)
        writer.uint64(fork)
        writer.uint64(length)
        spans.encode(into: &writer)
        writer.array(tree.roots) { writer, root in
            writer.uint(root.size)
            writer.fixed32(root.hash)
        }
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
        let count = try reader.uint()
        // A root for every power of two that the length is made of.
        guard count == length.nonzeroBitCount else {
            throw CompactDecodingError(.invalidValue("\(count) roots for \(length) blocks"), offset: offset)
        }
        var roots: [TreeNode] = []
        roots.reserveCapacity(length.nonzeroBitCount)
        for index in FlatTree.roots(ofLength: length) {
            roots.append(TreeNode(index: index, size: try reader.uint(), hash: try reader.fixed32()))
        }
        do throws(TreeError) {
            return try TreeHead(fork: fork, roots: roots)
        } catch {
            throw CompactDecodingError(.invalidValue("\(error)"), offset: offset)
        }
    }
}
