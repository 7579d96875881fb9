import Crypto
import MerkleTree
import TestSupport
import Testing

/// Request, answer, verification and the state afterwards, for every request that small trees allow.
@Suite struct EveryProofTests {
    /// Trees of every length, with empty blocks among theirs.
    private static let trees = (0...40).map { length in ReferenceTree(sizes: (0..<length).map { $0 * 7 % 4 }) }

    /// Every node from `index` up to the root of its tree.
    private func path(from index: UInt64, in tree: ReferenceTree) -> [UInt64] {
        Array(sequence(first: index) { tree.nodes[FlatTree.parent(of: $0)]?.index })
    }

    private func expectPart(of tree: ReferenceTree, _ nodes: [UInt64: TreeNode]) {
        for (index, node) in nodes where tree.nodes[index] != node {
            Issue.record("node \(index) is not the tree's")
        }
    }

    @Test func `every block is proven from every ancestor that may be held`() throws {
        for tree in Self.trees.dropFirst() {
            let answerer = try Answerer(tree)
            for block in 0..<tree.length {
                for (missing, ancestor) in path(from: 2 * block, in: tree).enumerated() {
                    var requester = try Requester(tree, length: tree.length)
                    requester.nodes[ancestor] = tree[ancestor]
                    let request = try requester.request(block: block)
                    #expect(request.nodes == UInt64(missing))

                    let proof = try answerer.answer(ProofRequest(block: request))
                    #expect(proof.block?.nodes.count == missing)
                    let verified = try requester.receive(proof, signed: answerer.head)

                    #expect(verified.block?.value == tree.blocks[Int(block)][...])
                    #expect(verified.upgrade == nil)
                    #expect(try requester.request(block: block).nodes == 0)
                    expectPart(of: tree, requester.nodes)
                }
            }
        }
    }

    @Test func `every node is proven from every ancestor that may be held`() throws {
        for tree in Self.trees.dropFirst() {
            let answerer = try Answerer(tree)
            for index in tree.nodes.keys {
                for (missing, ancestor) in path(from: index, in: tree).enumerated() {
                    var requester = try Requester(tree, length: tree.length)
                    requester.nodes[ancestor] = tree[ancestor]
                    let request = try requester.request(hash: index)
                    #expect(request.nodes == UInt64(missing))

                    let proof = try answerer.answer(ProofRequest(hash: request))
                    #expect(proof.hash?.nodes.count == missing + 1)
                    let verified = try requester.receive(proof, signed: answerer.head)

                    #expect(verified.hash == tree[index])
                    #expect(requester.nodes[index] == tree[index])
                    expectPart(of: tree, requester.nodes)
                }
            }
        }
    }

    @Test func `every upgrade gives the answerer's whole tree`() throws {
        for tree in Self.trees.dropFirst() {
            let answerer = try Answerer(tree, fork: 2)
            for start in 0..<tree.length {
                for length in 1...tree.length - start {
                    var requester = try Requester(tree, length: start, fork: 2)
                    let request = ProofRequest(upgrade: .init(start: start, length: length))
                    let proof = try answerer.answer(request)

                    let verdict = try requester.head.verify(proof, reading: requester.nodes)
                    guard case .unsigned(let unsigned) = verdict else {
                        Issue.record("an upgrade was taken without its signature")
                        continue
                    }
                    #expect(unsigned.head == answerer.head)
                    #expect(try unsigned.requestedHead == tree.head(ofLength: start + length, fork: 2))
                    #expect(unsigned.signature == [1])

                    let verified = try requester.receive(proof, signed: answerer.head)
                    #expect(verified.upgrade?.head == answerer.head)
                    for root in answerer.head.roots { #expect(requester.nodes[root.index] == root) }
                    expectPart(of: tree, requester.nodes)
                }
            }
        }
    }

    @Test func `every block goes with every upgrade`() throws {
        for tree in Self.trees[1...13] {
            let answerer = try Answerer(tree)
            for start in 0..<tree.length {
                for end in start + 1...tree.length {
                    for block in 0..<tree.length {
                        var requester = try Requester(tree, length: start)
                        let request = ProofRequest(
                            block: try requester.request(block: block),
                            upgrade: .init(start: start, length: end - start))
                        let proof = try answerer.answer(request)
                        let verified = try requester.receive(proof, signed: answerer.head)

                        #expect(requester.head == answerer.head)
                        // Past what was asked, the proof has no place for it.
                        #expect(verified.block?.index == (block < end ? block : nil))
                        if block < end { #expect(requester.nodes[2 * block] == tree[2 * block]) }
                        expectPart(of: tree, requester.nodes)
                    }
                }
            }
        }
    }

    @Test func `every node goes with every upgrade that does not grow through it`() throws {
        for tree in Self.trees[1...11] {
            let answerer = try Answerer(tree)
            for start in 0..<tree.length {
                for end in start + 1...tree.length {
                    for index in tree.nodes.keys {
                        var requester = try Requester(tree, length: start)
                        let request = ProofRequest(
                            hash: try requester.request(hash: index), upgrade: .init(start: start, length: end - start))
                        let verified = try requester.receive(try answerer.answer(request), signed: answerer.head)

                        let blocks = ReferenceTree.blocks(under: index)
                        let fits =
                            blocks.upperBound <= start || (start <= blocks.lowerBound && blocks.upperBound <= end)
                        #expect(requester.head == answerer.head)
                        #expect(verified.hash == (fits ? tree[index] : nil))
                        expectPart(of: tree, requester.nodes)
                    }
                }
            }
        }
    }

    @Test(arguments: [0, 2]) func `every seek goes with every node whose path holds the offset`(padding: Int) throws {
        for length in 1...10 {
            let sizes = (0..<length).map { $0 * 7 % 4 }
            let tree = ReferenceTree(sizes: sizes.map { $0 + padding })
            let answerer = try Answerer(tree)
            for index in tree.nodes.keys {
                for ancestor in path(from: index, in: tree) {
                    let blocks = ReferenceTree.blocks(under: ancestor)
                    let start = sizes[..<Int(blocks.lowerBound)].reduce(0, +)
                    let end = sizes[..<Int(blocks.upperBound)].reduce(0, +)
                    for bytes in 0...sizes.reduce(0, +) + 1 {
                        var requester = try Requester(tree, length: tree.length)
                        requester.nodes[ancestor] = tree[ancestor]
                        let request = ProofRequest(
                            hash: try requester.request(hash: index),
                            seek: .init(bytes: UInt64(bytes), padding: UInt64(padding)))
                        guard bytes == start || (start..<end).contains(bytes) else {
                            let error = #expect(throws: TreeError.self) { try answerer.answer(request) }
                            #expect(error?.code == .invalidOperation)
                            continue
                        }
                        let proof = try answerer.answer(request)
                        let verified = try requester.receive(proof, signed: answerer.head)
                        #expect(verified.hash == tree[index])
                        expectPart(of: tree, requester.nodes)
                        if index % 2 == 0, ancestor != index {
                            try expectDecided(bytes, padding, under: ancestor, sizes, requester)
                        }
                    }
                }
            }
        }
    }

    /// After the answer, the walk from the subtree's root to the offset finds all the nodes it needs.
    private func expectDecided(
        _ bytes: Int, _ padding: Int, under ancestor: UInt64, _ sizes: [Int], _ requester: Requester
    ) throws {
        var index = ancestor
        var remaining = bytes - sizes[..<Int(ReferenceTree.blocks(under: ancestor).lowerBound)].reduce(0, +)
        while remaining > 0, let (left, right) = FlatTree.children(of: index) {
            guard let node = requester.nodes[left] else {
                Issue.record("byte \(bytes) under \(ancestor): node \(left) is missing")
                return
            }
            let size = Int(node.size) - padding * ReferenceTree.blocks(under: left).count
            if remaining == size { return }
            index = remaining < size ? left : right
            remaining -= remaining < size ? 0 : size
        }
    }

    @Test func `every seek goes with every upgrade`() throws {
        for tree in Self.trees[1...13] {
            let answerer = try Answerer(tree)
            for start in 0..<tree.length {
                for end in start + 1...tree.length {
                    for bytes in 0...tree.byteLength + 1 {
                        var requester = try Requester(tree, length: start)
                        let request = ProofRequest(
                            seek: .init(bytes: bytes), upgrade: .init(start: start, length: end - start))
                        let proof = try answerer.answer(request)
                        try requester.receive(proof, signed: answerer.head)

                        #expect(requester.head == answerer.head)
                        expectPart(of: tree, requester.nodes)
                        let inside = tree.byteOffset(ofBlock: start)..<tree.byteOffset(ofBlock: end)
                        if !inside.contains(bytes), bytes != inside.upperBound, bytes != inside.lowerBound {
                            #expect(proof.seek == nil)
                        }
                        guard start == 0, inside.contains(bytes) else { continue }
                        let found = try requester.head.seek(toByte: bytes, reading: requester.nodes)
                        #expect(try found == answerer.head.seek(toByte: bytes, reading: tree.nodes))
                    }
                }
            }
        }
    }

    @Test func `a block below the upgrade may bring a seek of its own`() throws {
        for tree in Self.trees[2...13] {
            let answerer = try Answerer(tree)
            for start in 1..<tree.length {
                for block in 0..<start {
                    for bytes in 0...tree.byteLength {
                        var requester = try Requester(tree, length: start)
                        let request = ProofRequest(
                            block: try requester.request(block: block), seek: .init(bytes: bytes),
                            upgrade: .init(start: start, length: tree.length - start))
                        let verified = try requester.receive(answerer.answer(request), signed: answerer.head)
                        #expect(verified.block?.index == block)
                        #expect(requester.head == answerer.head)
                        expectPart(of: tree, requester.nodes)
                    }
                }
            }
        }
    }

    @Test func `a whole tree is gathered block by block in any order`() throws {
        for seed: UInt64 in 0..<20 {
            var random = SeededGenerator(seed: seed)
            let length = UInt64.random(in: 1...500, using: &random)
            let tree = ReferenceTree(sizes: (0..<length).map { _ in Int.random(in: 0...20, using: &random) })
            let answerer = try Answerer(tree)
            var requester = try Requester(tree, length: 0)
            for block in (0..<length).shuffled(using: &random) {
                var request = ProofRequest(block: try requester.request(block: block))
                if requester.head.length < length {
                    let start = requester.head.length
                    request.upgrade = .init(start: start, length: .random(in: 1...length - start, using: &random))
                }
                try requester.receive(answerer.answer(request), signed: answerer.head)
            }
            #expect(requester.nodes == tree.nodes, "seed \(seed)")
            #expect(requester.head == answerer.head, "seed \(seed)")
        }
    }
}
