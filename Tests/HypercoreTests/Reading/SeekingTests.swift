import Crypto
import HypercoreStorage
import MerkleTree
import StorageEngine
import TestSupport
import Testing

@testable import Hypercore

private let secret = SecretBytes(copying: Array(repeating: 42, count: 32))

@Suite(.timeLimit(.minutes(5))) struct SeekingTests {
    /// Where blocks of these sizes begin, and the last one ends.
    private static func offsets(_ sizes: [Int]) -> [UInt64] {
        sizes.reduce(into: [0]) { $0.append($0[$0.count - 1] + UInt64($1)) }
    }

    private static func blocks(_ sizes: [Int]) -> [[UInt8]] {
        sizes.enumerated().map { Array(repeating: UInt8(truncatingIfNeeded: $0), count: $1) }
    }

    /// Expects every byte of a log of these sizes to be found, and every block to lie where it does.
    private static func check(_ log: Hypercore, _ sizes: [Int]) async throws {
        let offsets = offsets(sizes)
        for index in 0..<UInt64(sizes.count) {
            let range = offsets[Int(index)]..<offsets[Int(index) + 1]
            #expect(try log.byteOffset(of: index) == range.lowerBound && log.byteRange(of: index) == range)
            for byte in range {
                let place = try await log.seek(byte, options: .local)
                if byte > range.lowerBound {
                    #expect(place == .init(block: index, offset: byte - range.lowerBound), "byte \(byte) of \(sizes)")
                } else {
                    // Between two blocks there may be empty ones.
                    #expect(place.offset == 0 && offsets[Int(place.block)] == byte, "byte \(byte) of \(sizes)")
                }
            }
        }
        let end = offsets[sizes.count]
        #expect(try log.byteOffset(of: UInt64(sizes.count)) == end && log.byteLength == end)
        let last = try await log.seek(end)
        #expect(last.offset == 0 && offsets[Int(last.block)] == end)
        await expectError(.outOfBounds) { _ = try await log.seek(end + 1, options: .local) }
        await expectError(.outOfBounds) { _ = try await log.seek(.max, options: .local) }
        await expectError(.outOfBounds) { _ = try log.byteOffset(of: UInt64(sizes.count) + 1) }
        await expectError(.outOfBounds) { _ = try log.byteRange(of: UInt64(sizes.count)) }
        await expectError(.outOfBounds) { _ = try log.byteRange(of: .max) }
    }

    @Test(arguments: 0..<12, [false, true])
    func `every byte is found, and every block is where it is`(seed: UInt64, isEncrypted: Bool) async throws {
        var random = SeededGenerator(seed: seed)
        let sizes = (0..<Int(seed) * 2).map { _ in
            Bool.random(using: &random) ? 0 : Int.random(in: 1...9, using: &random)
        }
        let log = try await TestStore().writable(encryption: isEncrypted ? .key(secret) : nil)
        try await log.append(contentsOf: Self.blocks(sizes))
        try await Self.check(log, sizes)
    }

    @Test func `a snapshot is sought through as it was`() async throws {
        let log = try await TestStore().writable(encryption: .key(secret))
        let sizes = [3, 0, 5, 1, 8, 2]
        try await log.append(contentsOf: Self.blocks(sizes))
        let snapshot = try log.snapshot()
        try await log.truncate(to: 2)
        try await log.append(contentsOf: Self.blocks([1, 1, 7]))
        try await Self.check(snapshot, sizes)
        try await Self.check(log, [3, 0, 1, 1, 7])
        // Past its end nothing is waited for.
        await expectError(.outOfBounds) { _ = try await snapshot.seek(20) }
    }

    @Test func `raw bytes are counted with their padding`() async throws {
        let log = try await TestStore().writable(encryption: .key(secret))
        try await log.append(contentsOf: [[1, 2], [3]])
        #expect(try await log.seek(10, options: GetOptions(isRaw: true)) == .init(block: 1, offset: 0))
        #expect(try await log.seek(2) == .init(block: 1, offset: 0))
    }

    @Test func `past the end it waits for the log to grow`() async throws {
        let log = try await TestStore().writable()
        try await log.append([1, 2, 3])
        let task = Task { try await log.seek(5) }
        try await until { log.waitCount == 1 }
        try await log.append([4])
        #expect(log.waitCount == 1)
        try await log.append([5, 6, 7])
        #expect(try await task.value == .init(block: 2, offset: 1))
        await expectError(.timedOut) { _ = try await log.seek(99, options: GetOptions(timeout: .milliseconds(1))) }
        #expect(log.waitCount == 0)
    }

    @Test func `waiting for a byte ends with the session, and with the task`() async throws {
        let store = try TestStore()
        let (log, other) = (try await store.writable(), try await store.writable())
        let (closed, cancelled) = (Task { try await log.seek(1) }, Task { try await other.seek(1) })
        try await until { log.waitCount == 2 }
        await log.close()
        cancelled.cancel()
        await expectError(.closed) { _ = try await closed.value }
        await #expect(throws: CancellationError.self) { _ = try await cancelled.value }
        await expectError(.closed) { _ = try await log.seek(0) }
        await expectError(.closed) { _ = try log.byteOffset(of: 0) }
        await expectError(.closed) { _ = try log.byteRange(of: 0) }
    }

    @Test(arguments: [false, true])
    func `what the tree here does not tell is told by a peer, without a block`(isEncrypted: Bool) async throws {
        let encryption = isEncrypted ? BlockEncryption.key(secret) : nil
        let (writer, reader) = (try TestStore(), try TestStore())
        let log = try await writer.writable(encryption: encryption)
        let sizes = (0..<100).map { $0 * 7 % 23 }
        try await log.append(contentsOf: Self.blocks(sizes))
        let copy = try await reader.reader(of: log.key)
        try copy.setEncryption(encryption)
        let pipe = MemoryPipe(writer.registry, reader.registry)
        try await until { copy.length == 100 }
        await expectError(.notAvailable) { _ = try await copy.seek(500, options: .local) }
        await expectError(.notAvailable) { _ = try copy.byteOffset(of: 37) }
        let snapshot = try copy.snapshot()
        for byte in [500, 1, 777, 42, 1000] as [UInt64] {
            #expect(try await copy.seek(byte) == log.seek(byte), "byte \(byte)")
            #expect(try await snapshot.seek(byte) == log.seek(byte), "byte \(byte)")
        }
        #expect(try copy.storedBlocks(of: 100) == [])
        // With a block comes what tells where it lies.
        _ = try await copy.get(37)
        try await until { try copy.has(37) }
        #expect(try copy.byteRange(of: 37) == log.byteRange(of: 37))
        pipe.cut()
    }

    @Test func `bytes of blocks that were never encrypted cannot be counted without their padding`() async throws {
        let store = try TestStore()
        let (plain, log) = (try await store.writable(), try await store.writable(encryption: .key(secret)))
        try await plain.append(contentsOf: [[1], [2, 3], [4]])
        #expect(log.byteLength == 0)
        await expectError(.encryptionFailed) { _ = try await log.seek(1) }
        await expectError(.encryptionFailed) { _ = try log.byteOffset(of: 2) }
        #expect(try await log.seek(0) == .init(block: 0, offset: 0))
    }

    @Test func `a seek with the wrong padding fails, and replication goes on`() async throws {
        let pair = try ClockedPair()
        let log = try await pair.writer.writable()
        // One block is so large that the tree as a whole may be padded, and the others are not.
        try await log.append(
            contentsOf: numberedBlocks(0..<7).map { Array($0.prefix(1)) } + [Array(repeating: 9, count: 999)])
        let copy = try await pair.reader.reader(of: log.key)
        try copy.setEncryption(.key(secret))
        pair.link.settle()
        #expect(copy.length == 8)
        let seeking = Task { try await copy.seek(3) }
        try await until { copy.waitCount == 1 }
        // What cannot be answered is refused only after a while.
        pair.link.advance(by: .seconds(10))
        await expectError(.encryptionFailed) { _ = try await seeking.value }
        try copy.setEncryption(nil)
        #expect(try await pair.link.moving { try await copy.get(7).count } == 999)
    }

    /// A tree of which nothing is here but its root, however many blocks it has.
    @Test func `a log of a trillion blocks of which none is here takes no longer than a small one`() async throws {
        let store = try TestStore()
        let length: UInt64 = 1 << 40
        _ = try await store.writable()
        let stored = try #require(try store.registry.directory.find(TestStore.key().discoveryKey))
        store.registry.close()
        let root = TreeNode(index: length - 1, size: 1 << 50, hash: BLAKE2b.hash([1]))
        let head = HeadRecord(tree: try TreeHead(fork: 0, roots: [root]), signature: [1])
        var write = CoreWrite(stored, expecting: HeadRecord())
        write.put(head: head)
        write.add([root], spans: head.spans)
        write.put(presence: PresenceRecord(revision: 1, baseLength: 0, contiguousLength: 0))
        try await store.writer?.commit(write.set)

        let log = try await store.reopened().writable()
        #expect(log.length == length && log.byteLength == 1 << 50 && log.contiguousLength == 0)
        #expect(try !log.has(0..<length) && !log.has(length - 1) && log.has(length..<length))
        #expect(try log.byteOffset(of: length) == 1 << 50)
        #expect(try await log.seek(1 << 50) == .init(block: length, offset: 0))
        await expectError(.notAvailable) { _ = try await log.seek(1 << 49, options: .local) }
        await expectError(.notAvailable) { _ = try log.byteOffset(of: length / 2) }
        await expectError(.notAvailable) { _ = try await log.get(0..<length, options: .local) }
        await expectError(.notAvailable) { for try await _ in log.blocks(options: .local) {} }
        await expectError(.notAvailable) { for try await _ in log.blocks(.descending, options: .local) {} }
        await expectError(.notAvailable) { for try await _ in log.bytes(options: .local) {} }
        await expectError(.timedOut) {
            for try await _ in log.blocks(options: GetOptions(timeout: .milliseconds(1))) {}
        }
        #expect(try log.info().storedByteLength == 1 << 50)
    }
}
