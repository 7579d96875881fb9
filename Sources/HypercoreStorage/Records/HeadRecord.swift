import CompactEncoding
public import Crypto
import MerkleTree

/// The head of a log as it is stored: how long the log is, the roots of its tree, where its blocks lie, and the
/// signature over all of it.
///
/// ```text
/// u8 version ‖ u64 fork ‖ u64 length ‖ spans ‖ array(uint size ‖ hash 32) roots ‖ buffer signature
/// ```
///
/// Version, fork and length come first and have a fixed width: they are what a write set expects of a core.
public struct HeadRecord: Hashable, Sendable {
    /// How often the log was truncated.
    public var fork: UInt64
    /// The length in blocks.
    public var length: UInt64
    /// Where the blocks lie.
    public var spans: Spans
    /// The roots of the tree, left to right; their indices follow from the length.
    public var roots: [TreeNode]
    /// The signature in the manifest's form; empty for an empty log.
    public var signature: [UInt8]

    /// The head of an empty log.
    public init() {
        self.init(fork: 0, length: 0, spans: Spans(), roots: [], signature: [])
    }

    /// A head of the given parts.
    public init(fork: UInt64, length: UInt64, spans: Spans, roots: [TreeNode], signature: [UInt8]) {
        self.fork = fork
        self.length = length
        self.spans = spans
        self.roots = roots
        self.signature = signature
    }

    /// The bytes of all blocks; at most 2^53 - 1, as verified before anything is stored.
    public var byteLength: UInt64 { roots.reduce(0) { $0 + $1.size } }
}

// MARK: - Encoding

extension HeadRecord {
    private static let version: UInt8 = 1

    /// What the record of a head of this fork and length begins with.
    static func prefix(fork: UInt64, length: UInt64) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 17)
        writer.uint8(version)
        writer.uint64(fork)
        writer.uint64(length)
        return writer.bytes
    }

    func encoded() -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 64 + 40 * roots.count + signature.count)
        writer.raw(Self.prefix(fork: fork, length: length))
        spans.encode(into: &writer)
        writer.array(roots) { writer, root in
            writer.uint(root.size)
            writer.fixed32(root.hash)
        }
        writer.buffer(signature)
        return writer.bytes
    }

    init(decoding bytes: RawSpan) throws(StorageRecordError) {
        do throws(CompactDecodingError) {
            var reader = ByteReader(bytes)
            let version = try reader.uint8()
            guard version == Self.version else {
                throw CompactDecodingError(.invalidValue("version \(version) of a head"), offset: 0)
            }
            fork = try reader.uint64()
            length = try reader.uint64()
            spans = try Spans(from: &reader)
            let indices = FlatTree.fullRoots(length: length)
            let rootsOffset = reader.offset
            let stored = try reader.array { (reader) throws(CompactDecodingError) in
                (size: try reader.uint(), hash: try reader.fixed32())
            }
            guard stored.count == indices.count else {
                throw CompactDecodingError(
                    .invalidValue("\(stored.count) roots for \(length) blocks"), offset: rootsOffset)
            }
            roots = zip(indices, stored).map { TreeNode(index: $0, size: $1.size, hash: $1.hash) }
            signature = [UInt8](copying: try reader.buffer())
        } catch {
            throw .damaged("head of a core", error)
        }
    }
}
