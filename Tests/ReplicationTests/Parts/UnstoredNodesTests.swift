import CompactEncoding
import Crypto
import MerkleTree
import Testing

@testable import Replication

@Suite struct UnstoredNodesTests {
    private func node(_ index: UInt64, size: UInt64 = 1) -> TreeNode { TreeNode(index: index, size: size, hash: .zero) }

    @Test func `nodes that were read are kept for a while, and no more than twice the limit`() {
        var nodes = UnstoredNodes(recentLimit: 10)
        for index in 0..<100 as Range<UInt64> {
            nodes.remember(node(index))
            #expect(nodes.recentCount <= 20)
            for kept in max(index, 9) - 9...index { #expect(nodes.node(at: kept) == node(kept)) }
        }
        #expect(nodes.node(at: 0) == nil)
        nodes.forgetRecent()
        #expect(nodes.recentCount == 0 && nodes.node(at: 99) == nil)
    }

    @Test(arguments: [1, 4, 9, 10, 11, 1000])
    func `a batch that is stored is kept as far as there is room`(size: UInt64) {
        var nodes = UnstoredNodes(recentLimit: 10)
        for number in 0..<20 as Range<UInt64> {
            let indices = number * size..<(number + 1) * size
            for index in indices { nodes.add(node(index)) }
            let batch = nodes.commitGathered()
            #expect(Set(batch) == Set(indices.map { node($0) }))
            #expect(indices.allSatisfy { nodes.node(at: $0) == node($0) }, "being stored")
            nodes.committed()
            #expect(nodes.recentCount <= 20)
            if size <= 10 { #expect(nodes.node(at: number * size) == node(number * size)) }
        }
        var none = UnstoredNodes()
        none.remember(node(1))
        #expect(none.recentCount == 0 && none.node(at: 1) == nil)
    }

    @Test func `nodes come in the order in which appending completes them`() {
        var nodes = UnstoredNodes(recentLimit: 10)
        for index in [13, 3, 11, 0, 8, 7, 2, 9, 1, 6, 5, 14, 12, 4, 10] as [UInt64] { nodes.add(node(index)) }
        let order = nodes.commitGathered().map(\.index)
        #expect(order == [0, 2, 1, 4, 6, 5, 3, 8, 10, 9, 12, 14, 13, 11, 7])
    }

    @Test func `a node is gathered once, and not again while it is being stored`() {
        var nodes = UnstoredNodes(recentLimit: 10)
        var isNew = [nodes.add(node(1)), nodes.add(node(1))]
        #expect(isNew == [true, false])
        var batch = nodes.commitGathered()
        #expect(batch == [node(1)])
        isNew = [nodes.add(node(1)), nodes.add(node(1, size: 2))]
        #expect(isNew == [false, true], "its size was settled since")
        #expect(nodes.node(at: 1) == node(1, size: 2))
        nodes.committed()
        batch = nodes.commitGathered()
        #expect(batch == [node(1, size: 2)])
        nodes.committed()
        isNew = [nodes.add(node(1))]
        #expect(isNew == [true], "what is stored may be dropped by others, so that it is stored again")
    }

    @Test func `what is not being stored is forgotten, and what is stays`() {
        var nodes = UnstoredNodes(recentLimit: 10)
        nodes.remember(node(9))
        nodes.add(node(1))
        _ = nodes.commitGathered()
        nodes.add(node(3))
        nodes.forgetGathered()
        #expect(nodes.node(at: 9) == nil && nodes.node(at: 3) == nil && nodes.node(at: 1) == node(1))
        nodes.committed()
        #expect(nodes.node(at: 1) == node(1) && nodes.recentCount == 1)
        let rest = nodes.commitGathered()
        #expect(rest.isEmpty)
    }
}
