import CompactEncoding
import Crypto
import MerkleTree
import TestSupport
import Testing

@Suite struct ReorgSearchTests {
    /// Searches with random questions, and returns what was found and how many questions it took.
    private func search(
        own: [UInt64: TreeNode], ownLength: UInt64, remote: Answerer, using random: inout SeededGenerator
    ) throws -> (ancestor: UInt64, questions: Int, nodes: [TreeNode]) {
        var search = try ReorgSearch(for: remote.head, ownLength: ownLength, reading: own)
        var questions = 0
        while let question = search.question {
            #expect(search.ancestorLength == nil)
            #expect(!question.blocks.isEmpty && question.blocks.upperBound <= ownLength)
            let block = UInt64.random(in: question.blocks, using: &random)
            let proof = try remote.answer(ProofRequest(hash: question.request(throughBlock: block)))
            guard let hash = proof.hash else { preconditionFailure("a hash was asked for") }
            try search.receive(hash, reading: own)
            questions += 1
        }
        guard let ancestor = search.ancestorLength else { preconditionFailure("no question and no answer") }
        return (ancestor, questions, search.nodes)
    }

    private func forked(_ tree: ReferenceTree, at block: Int, length: Int) -> ReferenceTree {
        ReferenceTree(Array(tree.blocks.prefix(block)) + (block..<max(block, length)).map { [UInt8($0), 0xff] })
    }

    @Test func `every fork of every small tree is found at its first differing block`() throws {
        let seed: UInt64 = 11
        var random = SeededGenerator(seed: seed)
        for ownLength in 0...18 {
            let own = ReferenceTree(sizes: (0..<ownLength).map { $0 * 7 % 4 })
            for remoteLength in 1...18 {
                for common in 0...min(ownLength, remoteLength) {
                    let remote = try Answerer(forked(own, at: common, length: remoteLength), fork: 1)
                    let found = try search(
                        own: own.nodes, ownLength: own.length, remote: remote, using: &random)
                    #expect(found.ancestor == UInt64(common), "own \(ownLength), remote \(remoteLength), seed \(seed)")
                    #expect(found.questions <= 5, "at least a level a question")
                    for node in found.nodes { #expect(node == remote.tree[node.index]) }
                }
            }
        }
    }

    @Test func `a sparse tree never keeps a block that differs`() throws {
        for seed: UInt64 in 0..<60 {
            var random = SeededGenerator(seed: seed)
            let own = ReferenceTree(sizes: (0..<UInt64.random(in: 1...40, using: &random)).map { Int($0 % 4) })
            let common = Int.random(in: 0...own.blocks.count, using: &random)
            let remote = try Answerer(
                forked(own, at: common, length: common + .random(in: 1...40, using: &random)), fork: 1)
            var held = own.nodes.filter { _ in Bool.random(using: &random) }
            for root in own.roots(ofLength: own.length) { held[root.index] = root }
            let found = try search(own: held, ownLength: own.length, remote: remote, using: &random)
            #expect(found.ancestor <= UInt64(common), "seed \(seed)")
        }
    }

    @Test func `nodes of ours past our length count for nothing`() throws {
        let own = ReferenceTree(sizes: (0..<16).map { $0 % 4 })
        var random = SeededGenerator(seed: 1)
        let found = try search(own: own.nodes, ownLength: 5, remote: try Answerer(own, fork: 1), using: &random)
        #expect(found.ancestor == 5)
    }

    @Test func `an answer on another path, or with another hash, is refused and changes nothing`() throws {
        let own = ReferenceTree(sizes: (0..<16).map { $0 % 4 })
        let remote = try Answerer(forked(own, at: 9, length: 16), fork: 1)
        var search = try ReorgSearch(for: remote.head, ownLength: 16, reading: own.nodes)
        let question = try #require(search.question)
        let good = try #require(remote.answer(ProofRequest(hash: question.request(throughBlock: 3))).hash)

        var short = good
        short.nodes.removeLast()
        var wrong = good
        wrong.nodes[2].hash = .zero
        let ownPath = try #require(
            Answerer(own).answer(ProofRequest(hash: question.request(throughBlock: 3))).hash)
        let inner = Proof.Hash(index: 15, nodes: [remote.tree[15]])
        for (answer, code) in [
            (short, TreeError.Code.invalidOperation), (wrong, .invalidChecksum), (ownPath, .invalidChecksum),
            (inner, .invalidOperation), (Proof.Hash(index: 6, nodes: []), .invalidOperation),
        ] {
            let error = #expect(throws: TreeError.self) { try search.receive(answer, reading: own.nodes) }
            #expect(error?.code == code)
            #expect(search.question == question)
        }
        try search.receive(good, reading: own.nodes)
        #expect(search.question != question)
    }

    @Test func `a tree that shares no root needs no question where we have nothing`() throws {
        let remote = try Answerer(ReferenceTree(sizes: [1, 2, 3]), fork: 1)
        let search = try ReorgSearch(for: remote.head, ownLength: 0, reading: [:])
        #expect(search.question == nil)
        #expect(search.ancestorLength == 0)
        let empty = try ReorgSearch(for: TreeHead(fork: 1), ownLength: 3, reading: remote.tree.nodes)
        #expect(empty.ancestorLength == 0)
    }
}
