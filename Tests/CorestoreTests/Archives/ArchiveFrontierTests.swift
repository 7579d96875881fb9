import Crypto
import MerkleTree
import TestSupport
import Testing

@testable import Hypercore

@Suite struct ArchiveFrontierTests {
    private let hashing = BLAKE2bTreeHashing()

    private func tree(_ blocks: [[UInt8]]) throws -> (head: TreeHead, nodes: [UInt64: TreeNode]) {
        var head = TreeHead()
        let nodes = try head.append(
            blocks.map { TreeLeaf(hash: hashing.leaf($0.span.bytes), size: UInt64($0.count)) }, hashing: hashing)
        return (head, Dictionary(uniqueKeysWithValues: nodes.map { ($0.index, $0) }))
    }

    private func chunk(_ runs: [Range<UInt64>], of blocks: [[UInt8]], nodes: [TreeNode]) -> ArchiveChunk {
        let content = runs.joined().flatMap { blocks[Int($0)] }
        return ArchiveChunk(
            runs: runs, sizes: runs.joined().map { blocks[Int($0)].count },
            nodes: nodes.map { ArchivedNode(size: $0.size, hash: $0.hash) }, content: content[...])
    }

    @Test func `any blocks in any chunks are proven, each node comes once, and the frontier stays small`() throws {
        for seed in 0..<150 as Range<UInt64> {
            var generator = SeededGenerator(seed: seed)
            let blocks = (0..<Int.random(in: 1...70, using: &generator)).map { [UInt8($0)] }
            let (head, nodes) = try tree(blocks)
            var (sender, receiver) = (ArchiveFrontier(head), ArchiveFrontier(head))
            var proven: [UInt64: TreeNode] = [:]
            var position: UInt64 = 0
            var blockCount = 0
            while position < head.length {
                // A chunk of a few runs, with gaps before and between them.
                var runs: [Range<UInt64>] = []
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    let gap = seed.isMultiple(of: 2) ? 0 : UInt64.random(in: 0...4, using: &generator)
                    let start = position + gap + (runs.isEmpty ? 0 : 1)
                    let end = min(start + UInt64.random(in: 1...9, using: &generator), head.length)
                    guard start < end else { break }
                    runs.append(start..<end)
                    position = end
                }
                guard !runs.isEmpty else { break }
                let given = try sender.advance(over: runs, reading: nodes)
                let chunk = chunk(runs, of: blocks, nodes: given)
                let now = try receiver.advance(over: chunk, hashing: hashing)
                #expect(now.allSatisfy { nodes[$0.index] == $0 && proven[$0.index] == nil }, "seed \(seed)")
                for node in now { proven[node.index] = node }
                #expect(sender == receiver && receiver.nodes.count <= 14, "seed \(seed)")
                blockCount += chunk.sizes.count
            }
            // All nodes of a full log are proven, but for the roots, which were known.
            if blockCount == blocks.count { #expect(proven.count + head.roots.count == nodes.count, "seed \(seed)") }
        }
    }

    @Test func `no chunk with anything changed is proven`() throws {
        let blocks = (0..<13).map { [UInt8($0), 1] }
        let (head, nodes) = try tree(blocks)
        var sender = ArchiveFrontier(head)
        let runs: [Range<UInt64>] = [1..<3, 5..<6]
        let valid = chunk(runs, of: blocks, nodes: try sender.advance(over: runs, reading: nodes))
        func expectRefused(_ change: (inout ArchiveChunk) -> Void, _ line: Int = #line) {
            var (changed, frontier) = (valid, ArchiveFrontier(head))
            change(&changed)
            #expect(throws: ArchiveFrontier.Mismatch.self, "line \(line)") {
                try frontier.advance(over: changed, hashing: hashing)
            }
            #expect(frontier == ArchiveFrontier(head), "line \(line)")
        }
        for position in valid.content.indices { expectRefused { $0.content[position] ^= 1 } }
        for position in valid.nodes.indices {
            expectRefused { $0.nodes[position].size += 1 }
            expectRefused { $0.nodes[position].hash = head.roots[0].hash }
            expectRefused { $0.nodes.remove(at: position) }
            expectRefused { $0.nodes.insert($0.nodes[position], at: position) }
        }
        expectRefused { $0.runs = [1..<3, 6..<7] }
        expectRefused { $0.runs = [11..<14] }
        expectRefused { $0.sizes = [2, 1, 3] }
        expectRefused { $0.nodes = [] }
        var frontier = ArchiveFrontier(head)
        _ = try frontier.advance(over: valid, hashing: hashing)
        #expect(throws: ArchiveFrontier.Mismatch.self) { try frontier.advance(over: valid, hashing: hashing) }
    }
}
