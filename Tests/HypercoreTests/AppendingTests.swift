import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

@Suite struct AppendingTests {
    @Test func appendedBlocksAreReadBackAndSurviveReopening() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let blocks: [[UInt8]] = [Array("hello".utf8), [], Array(repeating: 7, count: 100_000)]
        let result = try await log.append(contentsOf: blocks)
        #expect(result.length == 3 && result.byteLength == 100_005)
        try await log.append(Array("more".utf8))
        let treeHash = try log.treeHash()
        let key = log.key
        await log.close()

        let reopened = try await store.reopened()
        let again = try await reopened.writable()
        #expect(again.key == key)
        #expect(again.length == 4 && again.byteLength == 100_009 && again.contiguousLength == 4)
        #expect(try again.treeHash() == treeHash)
        for (index, block) in (blocks + [Array("more".utf8)]).enumerated() {
            #expect(try again.read(UInt64(index)) == block)
        }
        #expect(try again.read(4) == nil)
        #expect(try again.has(3) && !again.has(4))
    }

    @Test func manyTasksAppendToOneLogAndEachBlockIsThereOnce() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await withThrowingTaskGroup(of: UInt64.self) { group in
            for index in 0..<200 {
                group.addTask {
                    let result = try await log.append(Array("block \(index)".utf8))
                    // What was acknowledged is visible at once.
                    #expect(log.length >= result.length)
                    return result.length
                }
            }
            var lengths: Set<UInt64> = []
            for try await length in group { lengths.insert(length) }
            #expect(lengths == Set(1...200))
        }
        let texts = try (0..<200).map { String(decoding: try #require(try log.read($0)), as: UTF8.self) }
        #expect(Set(texts) == Set((0..<200).map { "block \($0)" }))
    }
}
