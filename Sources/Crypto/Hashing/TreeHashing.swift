import CCorestoreSodium
public import CompactEncoding

/// How blocks and nodes are hashed into a Merkle tree.
///
/// The protocol knows one way, ``BLAKE2bTreeHashing``; another may be put in its place to count, to trace, or to hash
/// on other hardware.
public protocol TreeHashing: Sendable {
    /// The hash of a block.
    func leaf(_ block: RawSpan) -> Bytes32
    /// The hash of two siblings, `size` being the sum of theirs and `left` the one of lower index.
    func parent(size: UInt64, left: Bytes32, right: Bytes32) -> Bytes32
    /// The hash of a whole tree: of its roots, left to right.
    func tree(_ roots: [TreeNode]) -> Bytes32
}

/// The protocol's tree hashes (PROTOCOL §2; `crypto.json`: leaf, parent, tree).
///
/// A leaf is `H(0x00 ‖ u64 byteLength ‖ block)`, a parent `H(0x01 ‖ u64 size ‖ left ‖ right)`, a tree
/// `H(0x02 ‖ for each root: hash ‖ u64 index ‖ u64 size)`.
public struct BLAKE2bTreeHashing: TreeHashing {
    private enum Kind {
        static let leaf: UInt8 = 0
        static let parent: UInt8 = 1
        static let tree: UInt8 = 2
    }

    /// Blocks up to this length are hashed in one call from a buffer on the stack, which beats three calls on a state.
    private static let oneCallLimit = 1024

    /// Creates the protocol's hashing.
    public init() {
        Sodium.ready
    }

    public func leaf(_ block: RawSpan) -> Bytes32 {
        let prefixLength = 9
        guard block.byteCount <= Self.oneCallLimit else { return longLeaf(block) }
        return withUnsafeTemporaryAllocation(byteCount: prefixLength + block.byteCount, alignment: 8) { buffer in
            buffer[0] = Kind.leaf
            buffer.storeBytes(of: UInt64(block.byteCount).littleEndian, toByteOffset: 1, as: UInt64.self)
            block.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: buffer[prefixLength...]).copyMemory(from: bytes)
            }
            return digest(of: buffer)
        }
    }

    public func parent(size: UInt64, left: Bytes32, right: Bytes32) -> Bytes32 {
        withUnsafeTemporaryAllocation(byteCount: 73, alignment: 8) { buffer in
            buffer[0] = Kind.parent
            buffer.storeBytes(of: size.littleEndian, toByteOffset: 1, as: UInt64.self)
            buffer.storeBytes(of: left, toByteOffset: 9, as: Bytes32.self)
            buffer.storeBytes(of: right, toByteOffset: 41, as: Bytes32.self)
            return digest(of: buffer)
        }
    }

    public func tree(_ roots: [TreeNode]) -> Bytes32 {
        let rootLength = 48
        return withUnsafeTemporaryAllocation(byteCount: 1 + rootLength * roots.count, alignment: 8) { buffer in
            buffer[0] = Kind.tree
            var offset = 1
            for root in roots {
                buffer.storeBytes(of: root.hash, toByteOffset: offset, as: Bytes32.self)
                buffer.storeBytes(of: root.index.littleEndian, toByteOffset: offset + 32, as: UInt64.self)
                buffer.storeBytes(of: root.size.littleEndian, toByteOffset: offset + 40, as: UInt64.self)
                offset += rootLength
            }
            return digest(of: buffer)
        }
    }

    private func longLeaf(_ block: RawSpan) -> Bytes32 {
        var hasher = BLAKE2b.Hasher()
        let kind = [Kind.leaf]
        hasher.update(kind.span.bytes)
        hasher.update(littleEndian: UInt64(block.byteCount))
        hasher.update(block)
        return hasher.finalize()
    }

    private func digest(of buffer: UnsafeMutableRawBufferPointer) -> Bytes32 {
        BLAKE2b.hash(UnsafeRawBufferPointer(buffer).bytes)
    }
}

extension TreeHashing {
    /// Joins two siblings into their parent, or returns `nil` where their sizes overflow.
    public func parent(index: UInt64, _ left: TreeNode, _ right: TreeNode) -> TreeNode? {
        let (size, overflow) = left.size.addingReportingOverflow(right.size)
        guard !overflow else { return nil }
        return TreeNode(index: index, size: size, hash: parent(size: size, left: left.hash, right: right.hash))
    }
}
