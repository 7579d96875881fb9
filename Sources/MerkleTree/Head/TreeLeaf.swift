public import CompactEncoding

/// A block as the tree sees it: its hash and its size.
///
/// Hashing blocks is the dear part of an append and needs no tree, so callers do it beforehand, on any threads they
/// like.
public struct TreeLeaf: Hashable, Sendable {
    /// The block's leaf hash (`TreeHashing.leaf`).
    public var hash: Bytes32
    /// The block's size in bytes.
    public var size: UInt64

    /// Creates a leaf.
    public init(hash: Bytes32, size: UInt64) {
        self.hash = hash
        self.size = size
    }
}
