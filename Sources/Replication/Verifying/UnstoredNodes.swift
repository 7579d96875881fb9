import Crypto
import MerkleTree

/// The nodes that are verified and not yet stored, and those that were stored or read of late: what the next requests and
/// proofs mostly need, and would otherwise be read back.
///
/// All are in one table, as most lookups find nothing, and would find nothing in each of several. Beside a node is noted with
/// which others it came, so that these go from one state to the next without being touched.
struct UnstoredNodes {
    /// About how many nodes are kept that are stored; twice as many at the most.
    let limit: Int

    private struct Entry {
        let node: TreeNode
        let generation: Int
    }

    /// Nodes that came together. One that came again since is of a later generation.
    private struct Generation {
        let number: Int
        var indices: [UInt64] = []
    }

    private var entries = IndexTable<Entry>()
    private var gathering = Generation(number: 0)
    private var committing: Generation?
    /// What was stored, the oldest first.
    private var stored = FIFO<Generation>()
    private var read = Generation(number: 1)
    private var generationCount = 2
    /// How many nodes are kept that are stored.
    private(set) var recentCount = 0

    init(recentLimit: Int = 0) {
        limit = recentLimit
    }

    func node(at index: UInt64) -> TreeNode? { entries[index]?.node }

    /// Adds a node that is to be stored. Returns whether it was not going to be.
    @discardableResult
    mutating func add(_ node: TreeNode) -> Bool {
        let known = entries.updateValue(Entry(node: node, generation: gathering.number), forKey: node.index)
        if known?.generation == gathering.number { return false }
        if let known, known.generation == committing?.number, known.node == node {
            entries[node.index] = known
            return false
        }
        gathering.indices.append(node.index)
        return true
    }

    /// Keeps a node that was read from the store.
    mutating func remember(_ node: TreeNode) {
        guard entries[node.index] == nil else { return }
        entries[node.index] = Entry(node: node, generation: read.number)
        read.indices.append(node.index)
        recentCount += 1
        if read.indices.count >= limit {
            stored.append(read)
            read = nextGeneration()
            forgetOld()
        }
    }

    // MARK: Being stored

    /// What was gathered is being stored. Returns it in the order in which appending the blocks one by one would have completed
    /// the nodes: there, those that are stored together follow one another.
    mutating func commitGathered() -> [TreeNode] {
        var places = gathering.indices.map { index in
            CompletionPlace(of: index)
        }
        places.sort()
        let nodes = places.map { place in
            guard let entry = entries[place.index] else { preconditionFailure("node \(place.index) was lost") }
            return entry.node
        }
        committing = gathering
        gathering = nextGeneration()
        return nodes
    }

    /// What was being stored is.
    mutating func committed() {
        guard let batch = committing else { return }
        committing = nil
        recentCount += batch.indices.count
        stored.append(batch)
        forgetOld()
    }

    // MARK: Forgetting

    /// Forgets what is not being stored, and what is stored.
    mutating func forgetGathered() {
        forget(gathering)
        gathering = nextGeneration()
        forgetRecent()
    }

    /// Forgets what is stored.
    mutating func forgetRecent() {
        while let oldest = stored.popFirst() { forget(oldest) }
        forget(read)
        read = nextGeneration()
        recentCount = 0
    }

    private mutating func forgetOld() {
        while let oldest = stored.first, recentCount - oldest.indices.count >= limit || recentCount > 2 * limit {
            _ = stored.popFirst()
            recentCount -= oldest.indices.count
            forget(oldest)
        }
    }

    private mutating func forget(_ generation: Generation) {
        for index in generation.indices {
            guard let entry = entries.removeValue(forKey: index), entry.generation != generation.number else {
                continue
            }
            entries[index] = entry
        }
    }

    private mutating func nextGeneration() -> Generation {
        defer { generationCount += 1 }
        return Generation(number: generationCount)
    }
}

/// When a node is complete as blocks are appended one by one: with its rightmost leaf, and after the nodes below it. Both are in
/// one number, so that sorting compares numbers.
private struct CompletionPlace: Comparable {
    private let number: UInt64
    private static let depthBits = 6

    init(of index: UInt64) {
        number = FlatTree.rightmostLeaf(under: index) << Self.depthBits | UInt64(FlatTree.depth(of: index))
    }

    /// The node's index.
    var index: UInt64 {
        let depth = number & (1 << Self.depthBits - 1)
        return number >> Self.depthBits - (1 << depth - 1)
    }

    static func < (left: CompletionPlace, right: CompletionPlace) -> Bool { left.number < right.number }
}
