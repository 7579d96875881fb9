import Crypto
import HypercoreStorage
import Manifest
import StorageEngine
import Synchronization
import TestSupport
import Testing

@testable import Hypercore

@Suite(.timeLimit(.minutes(5))) struct BranchCommitTests {
    @Test func `committing a branch that goes on from the log is an append, and copies nothing`() async throws {
        let (store, other) = (try TestStore(), try TestStore())
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<3))
        let events = log.events
        let branch = try await log.branch("b")
        try await branch.append(contentsOf: numberedBlocks(3..<9))
        let before = try #require(store.writer).statistics
        #expect(try await log.commit(branch).length == 9)
        let after = try #require(store.writer).statistics
        // The head, and the counter of generations.
        #expect(after.recordsPut - before.recordsPut == 2 && after.transactions == before.transactions + 1)
        #expect(try log.fork == 0 && log.contiguousLength == 9 && log.treeHash() == branch.treeHash())

        let copy = try await other.reader(of: log.key)
        let pipe = MemoryPipe(store.registry, other.registry)
        try await copy.download(end: 9).finished()
        #expect(try (0..<9).map { try copy.read($0) } == numberedBlocks(0..<9))
        pipe.cut()
        try await log.closeAll()
        store.registry.close()
        var told: [CoreEvent] = []
        for await event in events {
            if case .appended = event { told.append(event) }
            if case .truncated = event { told.append(event) }
        }
        #expect(told == [.appended(length: 9)])
    }

    @Test func `a branch is committed in parts, and both sides go on after each`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let branch = try await log.branch("b")
        try await branch.append(contentsOf: numberedBlocks(0..<10))
        for length in [3, 4, 8] as [UInt64] {
            #expect(try await log.commit(branch, length: length).length == length)
        }
        #expect(try await log.commit(branch, length: 8).length == 8)
        try await log.append([1])
        try await branch.append([2])
        #expect(try log.read(8) == [1] && branch.read(8) == numberedBlocks(8..<9)[0] && branch.read(10) == [2])
        await expectError(.conflict) { _ = try await log.commit(branch) }
        let again = try await store.reopened().writable()
        #expect(try (0..<9).map { try again.read($0) } == numberedBlocks(0..<8) + [[1]])
    }

    @Test func `blocks of the log that the branch has not are given up only if that is meant`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        let branch = try await log.branch("b", checkout: 3)
        try await branch.append(contentsOf: [[1], [2], [3]])
        let error = await expectError(.conflict) { _ = try await log.commit(branch) }
        #expect(error?.message.contains("2 blocks") == true)
        #expect(log.length == 5 && log.fork == 0)
        let events = log.events
        #expect(try await log.commit(branch, replacing: true).length == 6)
        #expect(try log.fork == 1 && log.read(3) == [1] && log.contiguousLength == 6)
        await store.registry.finishSweeping()
        #expect(try store.recordCount(of: "blocks") == 6)
        let (head, authority) = log.core.state.withLock { ($0.durable, $0.authority) }
        try #require(authority).verify(head.signature, of: head.tree)
        try await log.closeAll()
        var told: [CoreEvent] = []
        for await event in events { told.append(event) }
        #expect(told == [.truncated(length: 3, fork: 1), .appended(length: 6)])
    }

    @Test func `a log that has come to hold the same blocks by itself loses none`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append([0])
        let branch = try await log.branch("b")
        try await branch.append(contentsOf: [[1], [2], [3]])
        try await log.append(contentsOf: [[1], [2]])
        #expect(try await log.commit(branch).length == 4)
        #expect(try log.fork == 0 && (0..<4).map { try log.read($0) } == [[0], [1], [2], [3]])
        await store.registry.finishSweeping()
        #expect(try store.recordCount(of: "blocks") == 4)
    }

    @Test func `committing brings back what the log had cut off`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append(contentsOf: numberedBlocks(0..<6))
        let branch = try await log.branch("b")
        try await log.truncate(to: 2)
        await store.registry.finishSweeping()
        try await log.commit(branch)
        await branch.close()
        try await log.deleteBranch("b")
        await store.registry.finishSweeping()
        #expect(try (0..<6).map { try log.read($0) } == numberedBlocks(0..<6) && log.fork == 1)
        let again = try await store.reopened()
        let log2 = try await again.writable()
        again.registry.sweep()
        await again.registry.finishSweeping()
        #expect(try (0..<6).map { try log2.read($0) } == numberedBlocks(0..<6))
    }

    @Test func `what the log cuts off again is not swept where the branch may still append`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let branch = try await log.branch("b")
        try await branch.append(contentsOf: numberedBlocks(0..<8))
        try await log.commit(branch, length: 6)
        try await log.truncate(to: 3)
        await store.registry.finishSweeping()
        let pieces = try store.registry.directory.garbage(limit: 9)
        #expect(pieces.count == 1)
        for piece in pieces {
            #expect(log.core.end(ofReadsIn: piece) == .max)
            #expect(try store.registry.directory.end(ofReadsIn: piece) == .max)
        }
        try await branch.append([1])
        try await branch.truncate(to: 5)
        await store.registry.finishSweeping()
        #expect(try store.recordCount(of: "blocks") == 5)
    }

    @Test func `what the branch never had is not here after it is committed`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<6))
        let branch = try await log.branch("b")
        try await log.clear(1..<2)
        try await log.truncate(to: 1)
        try await branch.append([6])
        try await log.commit(branch)
        #expect(try log.storedBlocks(of: 7) == [0, 2, 3, 4, 5, 6] && log.contiguousLength == 1)
    }

    @Test func `a log that is signed elsewhere commits under its signer's signature`() async throws {
        let signer = ManualSigner()
        let store = try TestStore()
        let log = try await store.signed(by: signer)
        let branch = try await log.branch("b")
        try await branch.append(contentsOf: numberedBlocks(0..<5))
        let committing = Task { try await log.commit(branch) }
        await signer.asked(1)
        signer.answer()
        #expect(try await committing.value.length == 5)
        #expect(signer.askedLengths == [5] && log.length == 5)
    }

    @Test func `a commit that loses a race against an append of the log is a conflict`() async throws {
        let signer = ManualSigner()
        let log = try await TestStore().signed(by: signer)
        let branch = try await log.branch("b")
        try await branch.append([1])
        let appending = Task { try await log.append([2]) }
        await signer.asked(1)
        let committing = Task { try await log.commit(branch) }
        try await until { log.lineCount == 1 }
        signer.answer()
        #expect(try await appending.value.length == 1)
        await expectError(.conflict) { _ = try await committing.value }
        #expect(log.length == 1 && signer.askedLengths == [1])
    }

    @Test func `a signature that was made elsewhere is taken, if it fits`() async throws {
        let (store, elsewhere) = (try TestStore(), try TestStore())
        let whole = try await elsewhere.writable()
        try await whole.append(contentsOf: numberedBlocks(0..<4))
        let signature = whole.core.durableHead.signature
        let log = try await store.reader(of: whole.key)
        let pipe = MemoryPipe(elsewhere.registry, store.registry)
        _ = try await log.get(3)
        pipe.cut()
        let branch = try await log.branch("b")
        try await branch.append([1])
        await expectError(.notWritable) { _ = try await log.commit(branch) }
        await expectError(.invalidSignature) { _ = try await log.commit(branch, signature: signature) }
        try await whole.append([1])
        let fitting = whole.core.durableHead.signature
        #expect(try await log.commit(branch, signature: fitting).length == 5)
        #expect(try log.treeHash() == whole.treeHash() && log.read(4) == [1])
    }

    @Test func `only branches of the log are committed, by sessions that may change it`() async throws {
        let store = try TestStore()
        let (log, other) = (try await store.writable("a"), try await store.writable("b"))
        let (branch, stranger) = (try await log.branch("b"), try await other.branch("b"))
        try await branch.append([1])
        let reader = try await log.session(options: SessionOptions(isReadOnly: true))
        await expectError(.unsupported) { _ = try await log.commit(stranger) }
        await expectError(.unsupported) { _ = try await log.commit(other) }
        await expectError(.unsupported) { _ = try await log.commit(branch.snapshot()) }
        await expectError(.unsupported) { _ = try await branch.commit(branch) }
        await expectError(.notWritable) { _ = try await reader.commit(branch) }
        await expectError(.outOfBounds) { _ = try await log.commit(branch, length: 2) }
        await branch.close()
        await expectError(.closed) { _ = try await log.commit(branch) }
        #expect(log.length == 0)
    }

    @Test func `no branch, and no commit of one, is shorter than the prologue`() async throws {
        let (pair, blocks) = (KeyPair(), numberedBlocks(0..<2))
        let model = try await TestStore().writable()
        try await model.append(contentsOf: blocks)
        let manifest = try CoreManifest(
            signers: [ManifestSigner(publicKey: pair.publicKey)],
            prologue: CoreManifest.Prologue(hash: model.treeHash(), length: 2))
        let identity = CoreIdentity(key: manifest.key, manifest: manifest.encoded, seed: pair.seed)
        let log = try #require(
            try await TestStore().registry.session(manifest.key.discoveryKey, creating: identity))
        try await log.append(contentsOf: blocks + [[9]])
        await expectError(.outOfBounds) { _ = try await log.branch("b", checkout: 1) }
        let branch = try await log.branch("b", checkout: 2)
        await expectError(.outOfBounds) { try await branch.truncate(to: 1) }
    }

    @Test func `a branch of seventy thousand blocks is appended at once, and committed`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        try await log.append([0])
        let branch = try await log.branch("large")
        try await branch.append(contentsOf: (0..<70_000).map { [UInt8(truncatingIfNeeded: $0)] })
        #expect(branch.length == 70_001 && log.length == 1)
        let blockCount = try store.recordCount(of: "blocks")
        #expect(try await log.commit(branch).length == 70_001)
        #expect(try store.recordCount(of: "blocks") == blockCount)
        #expect(try log.read(70_000) == [UInt8(truncatingIfNeeded: 69_999)])
        #expect(try log.treeHash() == branch.treeHash())
    }

    @Test func `what is told of a branch is its own until it is committed`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: [[1, 2], [3]])
        let branch = try await log.branch("draft", checkout: 1)
        try await branch.append([4, 5, 6])
        let (before, ofLog) = (try branch.info(), try log.info())
        #expect(before.length == 2 && before.byteLength == 5 && before.signedLength == 1)
        #expect(before.contiguousLength == 2 && before.remoteContiguousLength == 0)
        #expect(ofLog.length == 2 && ofLog.byteLength == 3 && ofLog.signedLength == 2)
        try await log.commit(branch, replacing: true)
        let after = try log.info()
        #expect(after.length == 2 && after.byteLength == 5 && after.signedLength == 2 && after.fork == 1)
        #expect(try branch.info().signedLength == 2)
    }
}
