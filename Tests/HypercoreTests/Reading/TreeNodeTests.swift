import Crypto
import MerkleTree
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct TreeNodeTests {
    /// All nodes of a tree of `count` blocks, in order of their indices.
    private static func indices(_ count: UInt64) -> [UInt64] {
        (0..<2 * count).filter { FlatTree.blocks(under: $0).upperBound <= count }
    }

    @Test func `a node is the hash over the blocks under it`() async throws {
        let log = try await TestStore().writable()
        let blocks = numberedBlocks(0..<7)
        try await log.append(contentsOf: blocks)
        for index in Self.indices(7) {
            let node = try await log.treeNode(at: index, options: .local)
            let range = FlatTree.blocks(under: index)
            #expect(node.index == index)
            let byteCount = blocks[Int(range.lowerBound)..<Int(range.upperBound)].joined().count
            #expect(node.size == UInt64(byteCount))
            if range.count > 1 {
                let (left, right) = try #require(FlatTree.children(of: index))
                let children = (try await log.treeNode(at: left), try await log.treeNode(at: right))
                #expect(node == log.core.hashing.parent(index: index, children.0, children.1))
            }
        }
        await expectError(.outOfBounds) { _ = try await log.treeNode(at: 7, options: .local) }
        await expectError(.outOfBounds) { _ = try await log.treeNode(at: 14, options: .local) }
        await expectError(.outOfBounds) { _ = try await log.treeNode(at: .max) }
        await log.close()
        await expectError(.closed) { _ = try await log.treeNode(at: 0) }
    }

    @Test func `nodes come from a peer without any block`() async throws {
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable()
        try await log.append(contentsOf: numberedBlocks(0..<100))
        let copy = try await reader.reader(of: log.key)
        let pipe = MemoryPipe(reader.registry, writer.registry)
        var generator = SeededGenerator(seed: 7)
        for index in Self.indices(100).shuffled(using: &generator).prefix(60) {
            #expect(try await copy.treeNode(at: index) == log.treeNode(at: index))
        }
        #expect(try !copy.has(0..<1) && copy.transfers.downloadedBlocks == 0 && copy.length == 100)
        let later = Task { try await copy.treeNode(at: 231) }
        try await log.append(contentsOf: numberedBlocks(100..<130))
        #expect(try await later.value == log.treeNode(at: 231), "over blocks that were not there when it was asked for")
        await pipe.cutAndWait()

        await expectError(.notAvailable) { _ = try await copy.treeNode(at: 258, options: .local) }
        await expectError(.timedOut) {
            _ = try await copy.treeNode(at: 258, options: GetOptions(timeout: .milliseconds(1)))
        }
        let given = Task { try await copy.treeNode(at: 258) }
        given.cancel()
        await #expect(throws: CancellationError.self) { try await given.value }
    }

    @Test func `a snapshot's nodes are those of its history`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<8))
        let snapshot = try log.snapshot()
        let before = try await snapshot.treeNode(at: 7)
        try await log.truncate(to: 5)
        try await log.append(contentsOf: numberedBlocks(20..<30))
        #expect(try await snapshot.treeNode(at: 7) == before)
        #expect(try await log.treeNode(at: 7) != before)
        await expectError(.outOfBounds) { _ = try await snapshot.treeNode(at: 17) }
    }
}
