import Corestore
import Crypto
import Hypercore
import Manifest
import MerkleTree
import Testing

@Suite(.timeLimit(.minutes(5))) struct StaticifyTests {
    @Test(arguments: [1, 2, 7, 64, 1000]) func `a static log has the blocks of the log, and its manifest fixes them`(
        count: Int
    ) async throws {
        let (store, reader) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let log = try await store.get(name: "log")
        try await log.append(contentsOf: (0..<count).map { Array("block \($0)".utf8) })
        let fixed = try await store.staticify(log)
        #expect(fixed.key != log.key && !fixed.isWritable && fixed.length == UInt64(count))
        #expect(try fixed.treeHash() == log.treeHash())
        let manifest = try #require(fixed.manifest)
        #expect(manifest.isStatic && manifest.key == fixed.key && manifest.signers.isEmpty)
        #expect(manifest.prologue == CoreManifest.Prologue(hash: try log.treeHash(), length: UInt64(count)))
        for index in 0..<UInt64(count) { #expect(try fixed.read(index) == log.read(index)) }
        // The log goes on; the static one stays, and is the same when it is made of the same blocks.
        let snapshot = try log.snapshot()
        try await log.append([1])
        #expect(try await store.staticify(snapshot).key == fixed.key)
        #expect(try await store.staticify(log).key != fixed.key)
        let pipe = StorePipe(store, reader)
        let copy = try await reader.get(key: fixed.key)
        try await copy.download(end: UInt64(count)).finished()
        #expect(try copy.treeHash() == fixed.treeHash())
        await pipe.cut()
        try await store.close()
        try await reader.close()
    }

    @Test func `an empty log cannot be made static, nor can anything in a read-only store`() async throws {
        let directory = try TemporaryDirectory()
        var store = try await directory.open()
        let log = try await store.get(name: "log")
        await expectError(.invalidArgument, "empty") { _ = try await store.staticify(log) }
        #expect(try await store.listed().count == 1)
        try await log.append([1])
        try await store.close()
        store = try await directory.open { $0.readOnly = true }
        let again = try await store.get(name: "log")
        let error = await #expect(throws: HypercoreError.self) { _ = try await store.staticify(again) }
        #expect(error?.code == .notWritable)
        try await store.close()
    }

    @Test func `a log that is here in part makes a static log that is here in part`() async throws {
        let (writer, store) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let log = try await writer.get(name: "log")
        try await log.append(contentsOf: (0..<50).map { [UInt8($0)] })
        let copy = try await store.get(key: log.key)
        let pipe = StorePipe(writer, store)
        for index in [3, 17, 49] as [UInt64] { _ = try await copy.get(index) }
        await pipe.cut()
        let fixed = try await store.staticify(copy)
        #expect(fixed.length == 50)
        for index in 0..<50 as Range<UInt64> {
            #expect(try fixed.has(index) == [3, 17, 49].contains(index))
        }
        // Made of the whole log it is the same one, and lends what is missing.
        let whole = try await writer.staticify(log)
        #expect(whole.key == fixed.key)
        let second = StorePipe(writer, store)
        #expect(try await fixed.get(20) == [20])
        await second.cut()
        try await store.close()
        try await writer.close()
    }

    @Test func `a forked log, and a branch, are made static as they are`() async throws {
        let store = try await Corestore.inMemory()
        let log = try await store.get(name: "log")
        try await log.append(contentsOf: [[1], [2], [3]])
        try await log.truncate(to: 1)
        try await log.append([4])
        let branch = try await log.branch("draft")
        try await branch.append([5])
        let (fixed, draft) = (try await store.staticify(log), try await store.staticify(branch))
        #expect(try fixed.length == 2 && fixed.read(1) == [4])
        #expect(try draft.length == 3 && draft.read(2) == [5])
        try await store.close()
    }

    @Test func `an encrypted log stays encrypted, and is read with the key of its blocks`() async throws {
        let store = try await Corestore.inMemory()
        let secret = SecretBytes(randomCount: 32)
        let log = try await store.get(name: "log", options: .encrypted(.blockKey(secret)))
        try await log.append([1, 2, 3])
        let fixed = try await store.staticify(log, options: .encrypted(.blockKey(secret)))
        #expect(try fixed.read(0) == [1, 2, 3])
        let plain = try await store.staticify(log)
        #expect(try plain.key == fixed.key && plain.read(0)?.count == 11)
        try await store.close()
    }
}
