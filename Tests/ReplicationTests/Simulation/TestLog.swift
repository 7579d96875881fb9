import Bitfield
import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import Replication

/// A log in memory: a real tree, real signatures, blocks that may be missing.
struct TestLog: LogView {
    var head = SignedHead()
    var authority: TreeAuthority?
    private(set) var nodes: [UInt64: TreeNode] = [:]
    private(set) var blocks: [UInt64: [UInt8]] = [:]
    private var stored = PagedBitfield()
    private(set) var contiguousLength: UInt64 = 0

    /// Counts what is looked up, where a test wants to know.
    var lookups: Lookups?

    final class Lookups {
        var nodes = 0
        var presence = 0
    }

    var length: UInt64 { head.tree.length }

    func node(at index: UInt64) -> TreeNode? {
        lookups?.nodes += 1
        return nodes[index]
    }

    func has(_ block: UInt64) -> Bool {
        lookups?.presence += 1
        return stored[block]
    }

    func firstStored(in range: Range<UInt64>) -> UInt64? {
        lookups?.presence += 1
        return stored.firstSet(in: range)
    }

    func firstMissing(in range: Range<UInt64>) -> UInt64? {
        lookups?.presence += 1
        let start = max(range.lowerBound, min(contiguousLength, range.upperBound))
        return start < range.upperBound ? stored.firstUnset(in: start..<range.upperBound) : nil
    }

    func storedWords(from start: UInt64, count: Int) -> [UInt32] { stored.words(from: start, count: count) }
}

// MARK: - Writing

extension TestLog {
    /// An empty log that only `keyPair` may write.
    init(writtenBy keyPair: KeyPair) {
        authority = TreeAuthority(manifest: CoreManifest(singleSigner: keyPair.publicKey))
    }

    /// A log that nobody can write, and that is what its manifest says.
    init(staticWith values: [[UInt8]]) throws {
        try append(values)
        let prologue = CoreManifest.Prologue(hash: head.tree.treeHash(), length: length)
        authority = TreeAuthority(manifest: try .static(prologue))
    }

    mutating func append(_ values: [[UInt8]], signedBy keyPair: KeyPair) throws {
        try append(values)
        try sign(with: keyPair)
    }

    private mutating func append(_ values: [[UInt8]]) throws {
        let hashing = BLAKE2bTreeHashing()
        let start = length
        let leaves = values.map { TreeLeaf(hash: hashing.leaf($0.span.bytes), size: UInt64($0.count)) }
        for node in try head.tree.append(leaves) {
            nodes[node.index] = node
        }
        for (offset, value) in values.enumerated() {
            store(value, at: start + UInt64(offset))
        }
    }

    /// Cuts the log back, into the next fork or a given one.
    mutating func truncate(to newLength: UInt64, fork: UInt64? = nil, signedBy keyPair: KeyPair) throws {
        head.tree = try head.tree.truncated(to: newLength, fork: fork ?? head.tree.fork + 1, reading: self)
        cut(to: newLength)
        try sign(with: keyPair)
    }

    private mutating func cut(to length: UInt64) {
        nodes = nodes.filter { FlatTree.blocks(under: $0.key).upperBound <= length }
        clear(length..<UInt64.max)
    }

    /// Forgets the nodes that `isForgotten` names, as a reader never had them.
    mutating func forgetNodes(where isForgotten: (UInt64) -> Bool) {
        nodes = nodes.filter { !isForgotten($0.key) }
    }

    mutating func clear(_ range: Range<UInt64>) {
        blocks = blocks.filter { !range.contains($0.key) }
        stored.clear(range)
        contiguousLength = stored.contiguousLength
    }

    private mutating func sign(with keyPair: KeyPair) throws {
        guard let authority else { preconditionFailure("a log without a manifest cannot be signed") }
        let statement = TreeStatement(head.tree)
        head.signature = try TreeSigner(authority, signer: keyPair).signature(of: statement)
    }

    private mutating func store(_ value: [UInt8], at block: UInt64) {
        blocks[block] = value
        stored.set(block)
        if block == contiguousLength { contiguousLength = stored.firstUnset(in: block..<UInt64.max) ?? block }
    }
}

// MARK: - Storing

extension TestLog {
    /// Stores a batch as a driver does; false where the log has moved on.
    mutating func store(_ batch: VerifiedBatch, key: CoreKey) throws -> Bool {
        guard batch.fork == head.tree.fork, batch.head == nil || batch.baseLength == length else { return false }
        if let manifest = batch.manifest { authority = try TreeAuthority(key: key, manifest: manifest) }
        for node in batch.nodes {
            nodes[node.index] = node
        }
        if let head = batch.head { self.head = head }
        for block in batch.blocks {
            store(Array(block.value), at: block.index)
        }
        return true
    }

    /// Moves to another fork as a driver does; false where the log has moved on.
    mutating func store(_ change: Reorganization) throws -> Bool {
        guard change.baseFork == head.tree.fork, change.baseLength == length else { return false }
        precondition(
            change.ancestorLength <= min(length, change.head.tree.length) && change.head.tree.fork > change.baseFork)
        cut(to: change.ancestorLength)
        for node in change.nodes {
            precondition(nodes[node.index] ?? node == node, "node \(node.index) is shared and differs")
            nodes[node.index] = node
        }
        head = change.head
        precondition(head.tree.roots.allSatisfy { nodes[$0.index] == $0 }, "a root is not stored")
        try authority?.verify(head.signature, of: head.tree)
        return true
    }

    /// The proof of a request, as a driver makes it.
    func proof(of parts: ProofRequest) throws -> Proof {
        let plan = try head.tree.plan(parts, prologueLength: authority?.prologue?.length ?? 0, reading: self)
        let value = plan.block.flatMap { blocks[$0.index] }
        return try plan.assemble(value: value?[...], signature: head.signature, reading: self)
    }
}
