import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import Replication

/// The log as the replication machine sees it for the length of one call: what is committed, and nothing under way.
///
/// The machine asks without `throws` what a broken store may fail to say. Such a failure is answered with "not here":
/// nothing is offered then that could not be read, and whoever reads the log itself gets the error.
///
/// A class, so that handing it on is one reference count and not one for each thing that it holds: the machine hands it on
/// several times a message.
final class CoreLogView: LogView {
    let head: SignedHead
    let authority: TreeAuthority?
    private let blocks: BlockPresence
    private let tree: StoredTree

    init(_ core: Core, _ state: borrowing CoreState) {
        head = SignedHead(tree: state.durable.tree, signature: state.durable.signature)
        authority = state.authority
        blocks = state.blocks
        tree = core.stored.tree(spans: state.durable.spans)
    }

    var contiguousLength: UInt64 { blocks.contiguousLength(of: head.tree.length) }

    func node(at index: UInt64) throws -> TreeNode? { try tree.node(at: index) }

    func has(_ block: UInt64) -> Bool {
        guard block < head.tree.length else { return false }
        return answer(false) { try blocks.contains(block) }
    }

    func firstMissing(in range: Range<UInt64>) -> UInt64? {
        let known = range.clamped(to: 0..<head.tree.length)
        let missing = known.isEmpty ? nil : answer(nil) { try blocks.firstMissing(in: known) }
        // Blocks past the end are not here.
        return missing
            ?? (range.upperBound > head.tree.length && !range.isEmpty ? max(range.lowerBound, head.tree.length) : nil)
    }

    func firstStored(in range: Range<UInt64>) -> UInt64? {
        let known = range.clamped(to: 0..<head.tree.length)
        return known.isEmpty ? nil : answer(nil) { try blocks.firstStored(in: known) }
    }

    func storedWords(from start: UInt64, count: Int) -> [UInt32] {
        answer(Array(repeating: 0, count: count)) {
            try blocks.words(from: start, count: count, length: head.tree.length)
        }
    }

    private func answer<Value>(_ unknown: Value, _ ask: () throws -> Value) -> Value {
        do {
            return try ask()
        } catch {
            return unknown
        }
    }
}
