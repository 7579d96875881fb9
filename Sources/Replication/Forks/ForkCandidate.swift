import Crypto
import Manifest
import MerkleTree

/// A history of a higher fork whose head is verified, on its way to taking the place of ours.
struct ForkCandidate {
    let head: SignedHead
    /// The manifest, if it was learnt along with the head.
    let manifest: CoreManifest?
    /// The search for the block at which it parts from ours.
    private(set) var search: ReorgSearch?
    /// The fork of ours that the search compares with.
    private var comparedFork: UInt64?
    /// When the search ended.
    private(set) var foundAt: Milliseconds?

    init(head: SignedHead, manifest: CoreManifest?) {
        self.head = head
        self.manifest = manifest
    }

    var fork: UInt64 { head.tree.fork }

    /// How many blocks both have in common, once that is found.
    var ancestorLength: UInt64? { search?.ancestorLength }

    /// Begins the search, and begins it anew where the log has moved to another fork since.
    ///
    /// It goes on where the log has only grown: what was found before is true of the longer log too, at worst fewer blocks
    /// are kept than could be. Beginning again would let a log that grows all the time never end.
    mutating func compare(with log: some LogView & ~Escapable, now: Milliseconds) throws {
        let tree = log.head.tree
        if comparedFork != tree.fork {
            search = try ReorgSearch(for: head.tree, ownLength: tree.length, reading: log)
            comparedFork = tree.fork
            foundAt = nil
        }
        if foundAt == nil, ancestorLength != nil { foundAt = now }
    }

    mutating func receive(_ answer: Proof.Hash, log: some LogView & ~Escapable) throws {
        try search?.receive(answer, reading: log)
    }
}
