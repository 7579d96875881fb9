import Crypto
import MerkleTree

/// Whether the history of an archive and that of the log here are one.
///
/// They are where the shorter tree's roots are nodes of the longer one. If the archive is the shorter one, the log's
/// nodes say so at once. If it is the longer one, the log's roots have to turn up among the nodes that its chunks prove:
///
/// ```text
/// the log's 5 blocks               the archive's 7
///                                          7?
///         3                        ┌───────┴───────┐
///     ┌───┴───┐                    3              11?      3 and 8 are known after the chunks with blocks 3 and 4;
///     1       5       8            …           ┌───┴       then the archive's roots become the log's
///                                              9 …
/// ```
///
/// A block of the archive that lies below the log's end is always proven through the root of the log above it, so it can
/// be stored as soon as its chunk is proven. Nodes that reach past the log's end cannot, as long as they may be those of
/// another history: they are held back, and there are two a level of the tree at most.
struct ArchiveLink {
    /// The archive's tree.
    let archived: TreeHead
    /// The log's tree that the archive is compared with.
    let ours: TreeHead
    /// Roots of ours that were not met among the archive's nodes.
    private var awaited: [UInt64: TreeNode] = [:]
    private var heldBack: [TreeNode] = []

    /// Why an archive cannot be linked to a log.
    enum Failure: Error {
        /// Their histories differ.
        case conflict(String)
        /// It cannot be told.
        case unconnected(String)
    }

    /// Begins to compare.
    ///
    /// - Parameter reader: the nodes of our tree.
    /// - Throws: ``Failure``; what the reader throws.
    init(_ archive: VerifiedArchive, to ours: TreeHead, reading reader: some NodeReader) throws {
        archived = archive.tree(for: ours)
        self.ours = ours
        guard ours.length > 0, archived.length > 0 else {
            guard archived.fork >= ours.fork else { throw Failure.conflict(forks) }
            return
        }
        guard archived.fork == ours.fork else { throw Failure.conflict(forks) }
        if archived.length > ours.length {
            for root in ours.roots { awaited[root.index] = root }
            try meet(archived.roots)
        } else {
            try compareArchivedRoots(reading: reader)
        }
    }

    /// Whether the two are known to be one history.
    var isLinked: Bool { awaited.isEmpty }
    /// Whether the archive makes the log longer.
    var grows: Bool { archived.length > ours.length }

    private var forks: String {
        "the log has fork \(ours.fork) here, and fork \(archived.fork) in the archive: only an empty log takes on another"
    }

    private func compareArchivedRoots(reading reader: some NodeReader) throws {
        let known: TreeHead
        do {
            known = try ours.truncated(to: archived.length, reading: reader)
        } catch let error as TreeError {
            throw Failure.unconnected(
                "the archive's \(archived.length) blocks cannot be compared with the first of the \(ours.length) here: "
                    + error.message)
        }
        // A hash covers its node's size, and what is stored may have the size from a peer's word.
        guard known.roots.lazy.map(\.hash).elementsEqual(archived.roots.lazy.map(\.hash)) else {
            throw Failure.conflict(
                "the first \(archived.length) blocks here are others than the archive's, in one fork: two histories")
        }
    }
}

extension ArchiveLink {
    /// Compares nodes that the archive has proven with our roots.
    ///
    /// - Throws: ``Failure``, `.conflict`.
    private mutating func meet(_ nodes: [TreeNode]) throws {
        guard !awaited.isEmpty else { return }
        for node in nodes {
            guard let root = awaited.removeValue(forKey: node.index) else { continue }
            guard root.hash == node.hash else {
                let blocks = FlatTree.blocks(under: node.index)
                throw Failure.conflict(
                    "blocks \(blocks.lowerBound) to \(blocks.upperBound - 1) are others here than in the archive, in one "
                        + "fork: two histories")
            }
        }
    }

    /// Takes the nodes that a chunk has proven, and returns those that can be stored now.
    ///
    /// - Throws: ``Failure``: `.conflict`; `.unconnected` where the chunk has blocks past our end and the histories are not
    ///   known to be one.
    mutating func storable(_ proven: [TreeNode], blocksEndAt end: UInt64) throws -> [TreeNode] {
        try meet(proven)
        guard !isLinked else { return takeHeldBack() + proven }
        guard end <= ours.length else { throw unconnected }
        heldBack += proven.filter { FlatTree.blocks(under: $0.index).upperBound > ours.length }
        return proven.filter { FlatTree.blocks(under: $0.index).upperBound <= ours.length }
    }

    private mutating func takeHeldBack() -> [TreeNode] {
        defer { heldBack = [] }
        return heldBack
    }

    /// What is wrong where the archive ends before it was linked.
    var unconnected: Failure {
        .unconnected(
            "the archive lacks the nodes that lead from the \(ours.length) blocks here to its own \(archived.length): "
                + "import it where nothing of the log is stored, or get the rest from a peer")
    }
}
