import CompactEncoding
public import HuntWorkload
public import MerkleTree

/// What a store was found to hold.
public struct StoreContents: Sendable {
    /// By key.
    public internal(set) var cores: [String: CoreContents] = [:]

    /// A store that holds nothing.
    public init() {}
}

/// What one log was found to hold.
public struct CoreContents: Sendable {
    public internal(set) var key: String
    /// `nil` for somebody else's log.
    public internal(set) var name: String?
    public internal(set) var fork: UInt64
    public internal(set) var length: UInt64
    /// By index; those that are stored here.
    public internal(set) var blocks: [UInt64: BlockContent] = [:]
    /// Which operation is kept under which key of user data.
    public internal(set) var kept: [String: OperationID] = [:]
    /// The leaves of the tree, from the first on as far as there is no gap: computed from the blocks, or stored ones
    /// that lead to a signed root where the block was cleared.
    public internal(set) var leaves: [TreeLeaf] = []

    /// The tree hash of the first `length` blocks, computed from the leaves; `nil` where they are not all here.
    public func treeHash(atLength length: UInt64) -> String? {
        guard length <= UInt64(leaves.count) else { return nil }
        var tree = TreeHead()
        guard (try? tree.append(Array(leaves.prefix(Int(length))))) != nil else { return nil }
        return tree.treeHash().hex
    }
}
