import Crypto
import MerkleTree
import TestSupport
import Testing

@Suite struct ByteSeekTests {
    /// A walk by recursion over ranges of blocks: into the left half, out at its end, or into the right half.
    private func walk(_ blocks: Range<Int>, _ sizes: [Int], _ bytes: Int) -> SeekResult {
        guard blocks.count > 1 else { return .found(block: UInt64(blocks.lowerBound), offset: UInt64(bytes)) }
        let middle = blocks.lowerBound + blocks.count / 2
        let left = sizes[blocks.lowerBound..<middle].reduce(0, +)
        if bytes == left { return .found(block: UInt64(middle), offset: 0) }
        return bytes < left
            ? walk(blocks.lowerBound..<middle, sizes, bytes) : walk(middle..<blocks.upperBound, sizes, bytes - left)
    }

    private func expected(_ sizes: [Int], _ bytes: Int) -> SeekResult {
        if bytes == 0 { return .found(block: 0, offset: 0) }
        var remaining = bytes
        for root in ReferenceTree.rootRanges(0..<sizes.count) {
            let size = sizes[root].reduce(0, +)
            if remaining == size { return .found(block: UInt64(root.upperBound), offset: 0) }
            if remaining < size { return walk(root, sizes, remaining) }
            remaining -= size
        }
        return .pastEnd
    }

    @Test(arguments: [0, 3]) func `every offset of every small tree leads to its block`(padding: Int) throws {
        for length in 0...40 {
            let sizes = (0..<length).map { $0 * 7 % 4 }
            let tree = ReferenceTree(sizes: sizes.map { $0 + padding })
            let head = try tree.head()
            let total = sizes.reduce(0, +)
            for bytes in 0...total + 2 {
                let found = try head.seek(toByte: UInt64(bytes), padding: UInt64(padding), reading: tree.nodes)
                #expect(found == expected(sizes, bytes), "byte \(bytes) of \(length) blocks")
                guard case .found(let block, let offset) = found, block < length else { continue }
                #expect(sizes[..<Int(block)].reduce(0, +) + Int(offset) == bytes)
                #expect(offset == 0 || Int(offset) < sizes[Int(block)])
            }
        }
    }

    @Test(arguments: [0, 3]) func `byte offsets and ranges are sums of the blocks before`(padding: Int) throws {
        for length in 0...40 {
            let sizes = (0..<length).map { $0 * 7 % 4 }
            let tree = ReferenceTree(sizes: sizes.map { $0 + padding })
            let head = try tree.head()
            for block in 0...length {
                let start = UInt64(sizes[..<block].reduce(0, +))
                let padding = UInt64(padding)
                #expect(try head.byteOffset(ofBlock: UInt64(block), padding: padding, reading: tree.nodes) == start)
                guard block < length else { continue }
                #expect(
                    try head.byteRange(ofBlock: UInt64(block), padding: padding, reading: tree.nodes)
                        == start..<start + UInt64(sizes[block]))
            }
        }
    }

    @Test func `byte offsets past the end are refused`() throws {
        let tree = ReferenceTree(sizes: [1, 2, 3])
        let head = try tree.head()
        for block: UInt64 in [4, 1 << 52, .max] {
            let error = #expect(throws: TreeError.self) { try head.byteOffset(ofBlock: block, reading: tree.nodes) }
            #expect(error?.code == .invalidOperation)
        }
        #expect(throws: TreeError.self) { try head.byteRange(ofBlock: 3, reading: tree.nodes) }
    }

    @Test func `a byte offset names the node that is missing`() throws {
        let tree = ReferenceTree(sizes: [1, 2, 3, 4])
        let error = #expect(throws: TreeError.self) {
            try tree.head().byteOffset(ofBlock: 3, reading: [3: tree[3], 1: tree[1]])
        }
        #expect(error?.code == .missingNode(4))
    }

    @Test func `padding larger than the blocks is refused, however large`() throws {
        let tree = ReferenceTree(sizes: [8, 8, 8, 8, 8])
        let head = try tree.head()
        for padding: UInt64 in [9, 1 << 53, .max] {
            #expect(throws: TreeError.self) { try head.seek(toByte: 1, padding: padding, reading: tree.nodes) }
            #expect(throws: TreeError.self) {
                try head.byteOffset(ofBlock: 3, padding: padding, reading: tree.nodes)
            }
            #expect(throws: TreeError.self) {
                try head.plan(
                    ProofRequest(
                        hash: .init(index: 0, nodes: 2), seek: .init(bytes: 1, padding: padding)),
                    reading: tree.nodes)
            }
        }
        #expect(try head.byteOffset(ofBlock: 3, padding: 8, reading: tree.nodes) == 0)
    }

    /// PROTOCOL §4, API seek: each round asks for the leaf of a random block of the span, and the seek with it.
    @Test func `a sparse reader finds every offset with the help of a peer`() throws {
        var random = SeededGenerator(seed: 7)
        for length in [1, 2, 3, 7, 8, 13, 33] {
            for padding in [0, 2] {
                let sizes = (0..<length).map { _ in Int.random(in: 0...3, using: &random) }
                let tree = ReferenceTree(sizes: sizes.map { $0 + padding })
                let answerer = try Answerer(tree)
                for bytes in 0...sizes.reduce(0, +) {
                    var reader = try Requester(tree, length: tree.length)
                    let seek = ProofRequest.Seek(bytes: UInt64(bytes), padding: UInt64(padding))
                    var rounds = 0
                    var found = try reader.head.seek(toByte: seek.bytes, padding: seek.padding, reading: reader.nodes)
                    while case .unresolved(let span) = found {
                        let block = UInt64.random(in: span.blocks, using: &random)
                        let request = ProofRequest(hash: span.request(throughBlock: block), seek: seek)
                        try reader.receive(answerer.answer(request), signed: answerer.head)
                        found = try reader.head.seek(toByte: seek.bytes, padding: seek.padding, reading: reader.nodes)
                        rounds += 1
                    }
                    #expect(found == expected(sizes, bytes))
                    #expect(rounds <= 1, "a complete seek part decides the seek at once")
                }
            }
        }
    }

    @Test func `without seek parts a sparse reader still gets there`() throws {
        var random = SeededGenerator(seed: 8)
        let sizes = (0..<33).map { _ in Int.random(in: 0...3, using: &random) }
        let tree = ReferenceTree(sizes: sizes)
        let answerer = try Answerer(tree)
        for bytes in 0...sizes.reduce(0, +) {
            var reader = try Requester(tree, length: tree.length)
            var rounds = 0
            while case .unresolved(let span) = try reader.head.seek(toByte: UInt64(bytes), reading: reader.nodes) {
                let block = UInt64.random(in: span.blocks, using: &random)
                try reader.receive(
                    answerer.answer(ProofRequest(hash: span.request(throughBlock: block))), signed: answerer.head)
                rounds += 1
            }
            #expect(try reader.head.seek(toByte: UInt64(bytes), reading: reader.nodes) == expected(sizes, bytes))
            #expect(rounds <= 6, "every answer leads a level down")
        }
    }
}
