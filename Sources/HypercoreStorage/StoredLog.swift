import CompactEncoding
public import Crypto
public import MerkleTree
public import StorageEngine

/// One core's blocks and nodes in a snapshot that is being read, for whoever reads many: proofs, above all.
///
/// Reading through ``StoredCore`` and ``StoredTree`` in the same snapshot comes to the same, but they have to find it each time.
public struct StoredLog: NodeReader, ~Escapable {
    private let core: StoredCore
    private let tree: StoredTree
    private let snapshot: Snapshot

    /// Reads `core` by `spans` for as long as the snapshot lasts.
    @_lifetime(copy snapshot)
    public init(_ core: StoredCore, spans: Spans, in snapshot: borrowing Snapshot) {
        self.core = core
        tree = core.tree(spans: spans)
        self.snapshot = copy snapshot
    }

    /// The block `index`, copied; `nil` where it is not here.
    ///
    /// - Throws: as ``StoredCore/withBlock(_:spans:_:)``.
    public func block(_ index: UInt64) throws -> [UInt8]? {
        try core.withBlock(index, spans: tree.spans, in: snapshot) { [UInt8](copying: $0) }
    }

    /// As ``StoredTree/node(at:)``.
    public func node(at index: UInt64) throws -> TreeNode? { try tree.node(at: index, in: snapshot) }
}
