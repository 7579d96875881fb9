import CompactEncoding
import Crypto
import Manifest
import MerkleTree
import Replication
import TestSupport
import Testing

/// How a reader that knows only the key learns who may sign (PROTOCOL §7, Manifests).
@Suite struct ManifestExchangeTests {
    @Test func aCompatCoreIsReadWithoutAManifest() throws {
        var world = try World()
        world.makeCompat()
        try world.truth.append((0..<20).map { [UInt8($0)] }, signedBy: world.keyPair)
        var network = Network([world.writer(), world.reader()], seed: 1)
        var manifests = 0
        network.tamper = { _, message in
            if case .data(let data) = message, data.manifest != nil { manifests += 1 }
            if case .sync(let sync) = message { #expect(!sync.hasManifest) }
            return message
        }
        network.connect(0, 1)
        _ = network.with(1) { $0.download(.blocks(0..<20)) }
        try network.run()
        world.expectWhole(network.cores[1].log, "compat")
        #expect(manifests == 0)
        #expect(network.cores[1].log.authority?.isCompat == true)
    }

    @Test func theManifestIsFetchedThoughThereAreNoBlocks() throws {
        let world = try World()
        var network = Network([world.writer(), world.reader(), world.reader("third")], seed: 2)
        network.connect(0, 1)
        try network.run()
        #expect(network.cores[1].log.authority == world.truth.authority)
        #expect(network.delivered[.request] == 1)
        network.connect(1, 2)
        try network.run()
        #expect(network.cores[2].log.authority == world.truth.authority, "and handed on")
    }

    @Test func anotherCoresManifestIsRefused() throws {
        let world = try World()
        var network = Network([world.writer(), world.reader()], seed: 3)
        let foreign = CoreManifest(singleSigner: PublicKey(.zero))
        network.tamper = { _, message in
            guard case .data(var data) = message else { return message }
            data.manifest = foreign
            return .data(data)
        }
        network.connect(0, 1)
        try network.run()
        #expect(network.cores[1].log.authority == nil)
        #expect(network.cores[1].invalidData.count == 1)
    }

    @Test(arguments: [5, 6, 12])
    func aCoreThatBeginsWithAPrologueIsReadWhole(length: Int) throws {
        var world = try World(count: 5)
        let prologue = CoreManifest.Prologue(hash: world.truth.head.tree.treeHash(), length: 5)
        let manifest = try CoreManifest(
            signers: [ManifestSigner(publicKey: world.keyPair.publicKey)], prologue: prologue)
        world = World(keyPair: world.keyPair, key: manifest.key, truth: world.truth)
        world.truth.authority = TreeAuthority(manifest: manifest)
        try world.truth.append((5..<length).map { [UInt8($0)] }, signedBy: world.keyPair)
        var network = Network([world.writer(), world.reader(), world.reader("third")], seed: 4)
        network.connect(0, 1)
        network.connect(1, 2)
        for reader in [1, 2] { _ = network.with(reader) { $0.download(.blocks(0..<UInt64(length))) } }
        try network.run()
        world.expectWhole(network.cores[1].log, "prologue, \(length) blocks")
        world.expectWhole(network.cores[2].log, "prologue, \(length) blocks, second hand")
    }

    @Test func aSignedTreeThatBreaksItsPrologueIsRefused() throws {
        var world = try World(count: 5)
        let other = try World(count: 5, seed: 99)
        let prologue = CoreManifest.Prologue(hash: other.truth.head.tree.treeHash(), length: 5)
        let manifest = try CoreManifest(
            signers: [ManifestSigner(publicKey: world.keyPair.publicKey)], prologue: prologue)
        world = World(keyPair: world.keyPair, key: manifest.key, truth: world.truth)
        world.truth.authority = TreeAuthority(manifest: manifest)
        // The signer signs what the prologue rules out.
        try world.truth.append([[1], [2]], signedBy: world.keyPair)
        var network = Network([world.writer(), world.reader()], seed: 5)
        network.connect(0, 1)
        try network.run()
        #expect(network.cores[1].log.length == 0)
        #expect(network.cores[1].invalidData.count == 1)
    }
}
