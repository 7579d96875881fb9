import CompactEncoding
import Crypto
import Manifest
import MerkleTree

/// What an archive begins with, as it claims to be; ``VerifiedArchive`` is what becomes of it.
struct ArchiveHeader {
    var key: CoreKey
    /// The encoded manifest.
    var manifest: [UInt8]
    var head: TreeHead
    /// Empty where none is needed: an empty or a static log.
    var signature: [UInt8]
}

extension ArchiveHeader {
    func encode(into writer: inout ByteWriter) {
        writer.fixed32(key.bytes)
        writer.buffer(manifest)
        writer.uint64(head.fork)
        writer.uint64(head.length)
        writer.array(head.roots) { writer, root in writer.archivedNode(root) }
        writer.buffer(signature)
    }

    init(decoding bytes: [UInt8]) throws(CompactDecodingError) {
        var reader = ByteReader(bytes.span.bytes)
        key = CoreKey(try reader.fixed32())
        manifest = [UInt8](copying: try reader.buffer())
        head = try Self.head(from: &reader)
        signature = [UInt8](copying: try reader.buffer())
        try reader.requireArchivedEnd()
    }

    private static func head(from reader: inout ByteReader) throws(CompactDecodingError) -> TreeHead {
        let start = reader.offset
        let (fork, length) = (try reader.uint64(), try reader.uint64())
        // Peers are told both in integers of the wire.
        guard fork <= ByteReader.maximumInteger, length <= FlatTree.maximumLength else {
            throw CompactDecodingError(.integerTooLarge(max(fork, length)), offset: start)
        }
        let indices = Array(FlatTree.roots(ofLength: length))
        let given = try reader.array(atMost: FlatTree.maximumDepth + 1, "roots") {
            (reader) throws(CompactDecodingError) in try reader.archivedNode()
        }
        guard given.count == indices.count else {
            throw CompactDecodingError(.invalidValue("\(given.count) roots for \(length) blocks"), offset: start)
        }
        do throws(TreeError) {
            return try TreeHead(
                fork: fork, roots: zip(indices, given).map { TreeNode(index: $0, size: $1.size, hash: $1.hash) })
        } catch {
            throw CompactDecodingError(.invalidValue(error.message), offset: start)
        }
    }
}

// MARK: - Nodes

/// A node whose place says its index.
struct ArchivedNode: Hashable {
    var size: UInt64
    var hash: Bytes32
}

extension ByteReader {
    mutating func archivedNode() throws(CompactDecodingError) -> ArchivedNode {
        ArchivedNode(size: try uint(), hash: try fixed32())
    }

    /// Refuses what is left over: a part is read whole.
    func requireArchivedEnd() throws(CompactDecodingError) {
        guard isAtEnd else {
            throw CompactDecodingError(.invalidValue("\(remaining) bytes too many"), offset: offset)
        }
    }
}

extension ByteWriter {
    mutating func archivedNode(_ node: TreeNode) {
        uint(node.size)
        fixed32(node.hash)
    }
}
