import MerkleTree
import Testing

@Suite struct MissingNodesTests {
    @Test func `the number counts up to the nearest node that is held`() throws {
        for length: UInt64 in 1...16 {
            let tree = ReferenceTree(sizes: (0..<Int(length)).map { $0 % 3 })
            for held in tree.nodes.keys {
                var reader = try Requester(tree, length: length)
                reader.nodes[held] = tree[held]
                for index in tree.nodes.keys {
                    var path = index
                    var expected: UInt64 = 0
                    while reader.nodes[path] == nil {
                        expected += 1
                        path = FlatTree.parent(of: path)
                    }
                    #expect(try reader.request(hash: index).nodes == expected)
                    if index % 2 == 0 { #expect(try reader.request(block: index / 2).nodes == expected) }
                }
            }
        }
    }

    @Test func `the roots count as held whatever the reader holds`() throws {
        let head = try ReferenceTree(sizes: [1, 1, 1, 1, 1]).head()
        #expect(try head.missingNodes(fromBlock: 2, reading: [:]) == 2)
        #expect(try head.missingNodes(fromBlock: 4, reading: [:]) == 0)
        #expect(try head.missingNodes(fromNode: 3, reading: [:]) == 0)
    }

    @Test func `past the end of the tree nothing is counted`() throws {
        let tree = ReferenceTree(sizes: [1, 1, 1, 1, 1])
        let reader = try Requester(tree, length: 5)
        for index: UInt64 in [7, 9, 10, 11, 1 << 53, .max - 1, .max] {
            #expect(try reader.request(hash: index).nodes == 0)
        }
        #expect(try reader.request(block: 5).nodes == 0)
        #expect(try reader.request(block: .max).nodes == 0)
    }
}
