import Crypto
import MerkleTree

/// The nodes of the stored log and of what is verified and not yet stored.
struct OverlaidNodes<Log: LogView & ~Escapable>: NodeReader, ~Escapable {
    private let unstored: UnstoredNodes
    private let log: Log

    @_lifetime(copy log)
    init(_ unstored: UnstoredNodes, over log: Log) {
        self.unstored = unstored
        self.log = log
    }

    func node(at index: UInt64) throws -> TreeNode? {
        try unstored.node(at: index) ?? log.node(at: index)
    }
}
