import Crypto
import MerkleTree

/// The nodes of the stored log and of what is verified and not yet stored.
struct OverlaidNodes<Log: LogView & ~Escapable>: NodeReader, ~Escapable {
    private let overlay: Overlay
    private let log: Log

    @_lifetime(copy log)
    init(_ overlay: Overlay, over log: Log) {
        self.overlay = overlay
        self.log = log
    }

    func node(at index: UInt64) throws -> TreeNode? {
        try overlay.node(at: index) ?? log.node(at: index)
    }
}
