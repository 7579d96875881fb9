public import CompactEncoding
public import Crypto
public import MerkleTree

/// What a signer states: at `fork`, the first `length` blocks hash to `treeHash` (PROTOCOL §3, what is signed).
public struct TreeStatement: Hashable, Sendable {
    /// The hash of the tree's roots.
    public var treeHash: Bytes32
    /// The tree's length, in blocks.
    public var length: UInt64
    /// How often the core was truncated.
    public var fork: UInt64

    /// Creates a statement.
    public init(treeHash: Bytes32, length: UInt64, fork: UInt64) {
        self.treeHash = treeHash
        self.length = length
        self.fork = fork
    }

    /// The statement about the tree of `head`.
    public init(_ head: TreeHead, hashing: some TreeHashing = BLAKE2bTreeHashing()) {
        self.init(treeHash: head.treeHash(hashing), length: head.length, fork: head.fork)
    }

    /// The 112 bytes that are signed: `TREE ‖ context ‖ treeHash ‖ u64 length ‖ u64 fork`.
    ///
    /// - Parameter context: the core's key from version 1 on, the signer's namespace in version 0.
    public func signable(context: Bytes32) -> [UInt8] { message(context: context) }

    /// The 80 bytes that are signed in a core from before manifests: `TREE ‖ treeHash ‖ u64 length ‖ u64 fork`.
    public var compatSignable: [UInt8] { message(context: nil) }

    private func message(context: Bytes32?) -> [UInt8] {
        var writer = ByteWriter(reservingCapacity: 112)
        writer.fixed32(Namespaces.Log.tree)
        if let context { writer.fixed32(context) }
        writer.fixed32(treeHash)
        writer.uint64(length)
        writer.uint64(fork)
        return writer.take()
    }
}
