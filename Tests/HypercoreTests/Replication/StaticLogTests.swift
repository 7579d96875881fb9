import Crypto
import HypercoreStorage
import Manifest
import MerkleTree
import Testing

@testable import Hypercore

/// A static log that is made while somebody waits for it.
@Suite(.timeLimit(.minutes(5))) struct StaticLogTests {
    @Test(arguments: [true, false])
    func `a wait for a block of a static log ends when the log is made elsewhere`(knowsManifest: Bool) async throws {
        let blocks = numberedBlocks(0..<100)
        let hashing = BLAKE2bTreeHashing()
        var head = TreeHead()
        _ = try head.append(blocks.map { TreeLeaf(hash: hashing.leaf($0.span.bytes), size: UInt64($0.count)) })
        let manifest = try CoreManifest.static(CoreManifest.Prologue(hash: head.treeHash(), length: head.length))
        let (maker, waiter) = (try TestStore(), try TestStore())
        let known = CoreIdentity(key: manifest.key, manifest: manifest.encoded)
        let log = try #require(try await maker.registry.session(manifest.key.discoveryKey, creating: known))
        let copy = try #require(
            try await waiter.registry.session(
                manifest.key.discoveryKey, creating: knowsManifest ? known : CoreIdentity(key: manifest.key)))
        let link = ManualLink(maker, waiter)
        let block = Task { try await copy.get(50) }
        try await until { copy.waitCount == 1 }
        link.settle()
        try await log.append(contentsOf: blocks)
        #expect(try await link.moving { try await block.value } == blocks[50])
        #expect(try copy.length == 100 && copy.treeHash() == log.treeHash() && copy.manifest == manifest)
    }
}
