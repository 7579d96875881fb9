import Crypto
import MerkleTree
import Testing

/// Upgrades that arrive when the tree has already moved on (PROTOCOL §4, Verification).
@Suite struct LateUpgradeTests {
    let tree = ReferenceTree(sizes: (0..<20).map { $0 % 4 })

    /// A requester that grew from `start` to `length` in one upgrade, or two by way of `middle`.
    private func requester(from start: UInt64, by middle: UInt64? = nil, to length: UInt64) throws -> Requester {
        var requester = try Requester(tree, length: start)
        for step in [middle, length].compactMap({ $0 }) where step > requester.head.length {
            let sender = try Answerer(ReferenceTree(Array(tree.blocks.prefix(Int(step)))))
            let current = requester.head.length
            try requester.receive(
                sender.answer(ProofRequest(upgrade: .init(start: current, length: step - current))), signed: sender.head
            )
        }
        return requester
    }

    private func proof(from start: UInt64, to end: UInt64, block: UInt64? = nil) throws -> (Proof, TreeHead) {
        let sender = try Answerer(ReferenceTree(Array(tree.blocks.prefix(Int(end)))))
        let request = ProofRequest(
            block: block.map { .init(index: $0, nodes: 0) }, upgrade: .init(start: start, length: end - start))
        return (try sender.answer(request), sender.head)
    }

    @Test func `the same upgrade a second time brings its block and no new length`() throws {
        for start: UInt64 in 0..<13 {
            for block in start..<13 {
                let (proof, signed) = try proof(from: start, to: 13, block: block)
                var requester = try requester(from: start, to: 13)
                let verified = try requester.receive(proof, signed: signed)
                #expect(verified.upgrade == nil)
                #expect(verified.block?.index == block)
                #expect(requester.nodes[2 * block] == tree[2 * block])
                #expect(requester.head == signed)
            }
        }
    }

    @Test func `a late upgrade is used, taken for its block, or called stale, but never called wrong`() throws {
        var outcomes: [String: Int] = [:]
        for start: UInt64 in 0..<12 {
            for own in start...12 {
                for end in start + 1...13 {
                    let (proof, signed) = try proof(from: start, to: end, block: start)
                    var requester = try requester(from: start, to: own)
                    let before = requester
                    do {
                        let verified = try requester.receive(proof, signed: signed)
                        #expect(requester.head.length == max(own, end))
                        #expect(verified.upgrade != nil || end <= own)
                        outcomes[verified.upgrade == nil ? "block" : "used", default: 0] += 1
                        for (index, node) in requester.nodes { #expect(node == tree[index]) }
                    } catch let error as TreeError {
                        #expect(error.code == .staleUpgrade, "\(start), \(own), \(end)")
                        #expect(own != start && own != end)
                        #expect(requester.nodes == before.nodes)
                        outcomes["stale", default: 0] += 1
                    }
                }
            }
        }
        #expect(outcomes.count == 3, "\(outcomes)")
    }

    @Test func `an upgrade that passes through our length is compared there`() throws {
        // From 5 by block 5 alone to 6, then on to 8: the second half can be used by a tree of 6.
        let (proof, signed) = try proof(from: 5, to: 8)
        var requester = try requester(from: 5, to: 6)
        #expect(try requester.receive(proof, signed: signed).upgrade?.head == signed)

        var other = ReferenceTree(sizes: (0..<20).map { $0 % 4 }, salt: 1).blocks
        other.replaceSubrange(0..<5, with: tree.blocks[0..<5])
        let sender = try Answerer(ReferenceTree(Array(other.prefix(8))))
        let forged = try sender.answer(ProofRequest(upgrade: .init(start: 5, length: 3)))
        var victim = try self.requester(from: 5, to: 6)
        let error = #expect(throws: TreeError.self) { try victim.receive(forged, signed: sender.head) }
        #expect(error?.code == .invalidChecksum)
    }

    @Test func `an upgrade no longer than ours that differs is an invalid checksum`() throws {
        let other = ReferenceTree(sizes: (0..<8).map { $0 % 4 }, salt: 1)
        let sender = try Answerer(other)
        let proof = try sender.answer(ProofRequest(upgrade: .init(start: 0, length: 8)))
        for own: UInt64 in [8, 9, 12] {
            var requester = try requester(from: 0, by: 8, to: own)
            let error = #expect(throws: TreeError.self) { try requester.receive(proof, signed: sender.head) }
            #expect(error?.code == .invalidChecksum)
        }
    }

    /// Node 11 holds blocks 4 to 7 as one, and so says nothing of whether the first three of them are ours.
    @Test func `an upgrade that skips our end is stale`() throws {
        let (proof, signed) = try proof(from: 4, to: 8)
        #expect(proof.upgrade?.nodes.map(\.index) == [11])
        for own: UInt64 in 5...7 {
            var requester = try requester(from: 4, to: own)
            let error = #expect(throws: TreeError.self) { try requester.receive(proof, signed: signed) }
            #expect(error?.code == .staleUpgrade)
        }
    }

    @Test func `an upgrade that starts past our end is stale`() throws {
        let (proof, signed) = try proof(from: 8, to: 13)
        var requester = try requester(from: 0, to: 7)
        let error = #expect(throws: TreeError.self) { try requester.receive(proof, signed: signed) }
        #expect(error?.code == .staleUpgrade)
    }

    @Test func `a late upgrade needs its signature like any other`() throws {
        let (proof, signed) = try proof(from: 3, to: 13, block: 4)
        let requester = try requester(from: 3, to: 13)
        #expect(requester.head == signed)
        let error = #expect(throws: TreeError.self) {
            try requester.head.verify(proof, reading: requester.nodes).accept { _, _ in false }
        }
        #expect(error?.code == .invalidSignature)
    }

    /// PROTOCOL §4, Conflict: request 0, an upgrade from 0 to the shorter of the two lengths.
    @Test func `two trees of one fork are compared at the length that both have`() throws {
        for own: UInt64 in 1...13 {
            for remote: UInt64 in 1...13 {
                for firstDifference: UInt64 in 0...13 {
                    let common = min(own, remote)
                    var blocks = Array(tree.blocks.prefix(Int(remote)))
                    for block in blocks.indices.dropFirst(Int(firstDifference)) { blocks[block] = [9] }
                    let sender = try Answerer(ReferenceTree(blocks))
                    let proof = try sender.answer(ProofRequest(upgrade: .init(start: 0, length: common)))
                    let verdict = try TreeHead().verify(proof, reading: [:])
                    guard case .unsigned(let unsigned) = verdict else {
                        Issue.record("an upgrade was taken without its signature")
                        continue
                    }
                    #expect(unsigned.head == sender.head)
                    let ours = try tree.head(ofLength: own).truncated(to: common, reading: tree.nodes)
                    #expect(unsigned.requestedHead.hasSameTree(as: ours) == (firstDifference >= common))
                }
            }
        }
    }
}
