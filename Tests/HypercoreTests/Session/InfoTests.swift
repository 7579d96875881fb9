import Crypto
import TestSupport
import Testing

@testable import Hypercore

private let secret = SecretBytes(copying: Array(repeating: 42, count: 32))

@Suite(.timeLimit(.minutes(5))) struct InfoTests {
    @Test func `an empty log has nothing of anything`() async throws {
        let info = try await TestStore().writable().info()
        #expect(info.key == TestStore.key() && info.discoveryKey == TestStore.key().discoveryKey)
        #expect(info.length == 0 && info.signedLength == 0 && info.fork == 0 && info.contiguousLength == 0)
        #expect(info.byteLength == 0 && info.storedByteLength == 0 && info.paddingByteCount == 0)
        #expect(info.remoteContiguousLength == 0 && info.peerCount == 0)
    }

    @Test func `bytes are counted as the session sees them, and as they are stored`() async throws {
        let store = try TestStore()
        let (log, plain) = (try await store.writable(encryption: .key(secret)), try await store.writable())
        try await log.append(contentsOf: [[1, 2, 3], [], [4]])
        try await log.clear(1..<2)
        let info = try log.info()
        #expect(info.length == 3 && info.signedLength == 3 && info.contiguousLength == 1)
        #expect(info.byteLength == 4 && info.storedByteLength == 28 && info.paddingByteCount == 8)
        #expect(log.byteLength == 4 && log.paddingByteCount == 8)
        #expect(try plain.info().byteLength == 28 && plain.byteLength == 28)
    }

    @Test func `a snapshot tells of the moment that it was taken`() async throws {
        let log = try await TestStore().writable()
        try await log.append(contentsOf: numberedBlocks(0..<5))
        let snapshot = try log.snapshot()
        try await log.truncate(to: 2)
        try await log.append([1])
        #expect(try snapshot.info().length == 5 && snapshot.info().fork == 0 && snapshot.info().byteLength == 35)
        #expect(try log.info().length == 3 && log.info().fork == 1)
    }

    @Test func `all of it is of one moment`() async throws {
        let log = try await TestStore().writable()
        let writing = Task {
            for index in 0..<200 {
                try await log.append([1, 2, 3])
                if index.isMultiple(of: 50) { try await log.truncate(to: 0) }
            }
        }
        for _ in 0..<2000 {
            let info = try log.info()
            #expect(info.byteLength == 3 * info.length && info.contiguousLength == info.length)
        }
        try await writing.value
    }

    @Test func `a closed session tells nothing`() async throws {
        let log = try await TestStore().writable()
        await log.close()
        await expectError(.closed) { _ = try log.info() }
    }
}

@Suite(.timeLimit(.minutes(5))) struct SetEncryptionTests {
    @Test func `a session can be given its key later`() async throws {
        let store = try TestStore()
        let log = try await store.writable(encryption: .key(secret))
        try await log.append([1, 2, 3])
        let late = try await store.writable()
        let early = try late.snapshot()
        #expect(try late.read(0)?.count == 11)
        try late.setEncryption(.key(secret))
        #expect(try late.read(0) == [1, 2, 3] && late.byteLength == 3)
        // Those that were taken before keep what they had.
        #expect(try early.read(0)?.count == 11)
        #expect(try late.snapshot().read(0) == [1, 2, 3])
        try await late.append([4])
        #expect(try log.read(1) == [4])
        try early.setEncryption(.key(secret))
        #expect(try early.read(0) == [1, 2, 3])
    }

    @Test func `encryption can be replaced and ended, and each block is read with its own`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        let other = SecretBytes(copying: Array(repeating: 7, count: 32))
        try await log.append([0])
        try log.setEncryption(.key(secret))
        try await log.append([1])
        try log.setEncryption(.blockKey(other))
        try await log.append([2])
        try log.setEncryption(nil)
        try await log.append([3])
        #expect(try log.read(0) == [0] && log.read(3) == [3] && log.read(1)?.count == 9)
        try log.setEncryption(.key(secret))
        #expect(try log.read(1) == [1])
        await expectError(.encryptionFailed) { _ = try log.read(0) }
        try log.setEncryption(.blockKey(other))
        #expect(try log.read(2) == [2])
    }

    @Test func `a key that is none is refused, and the session stays as it was`() async throws {
        let log = try await TestStore().writable(encryption: .key(secret))
        try await log.append([1])
        await expectError(.encryptionFailed) { try log.setEncryption(.key(SecretBytes(copying: [1, 2]))) }
        await expectError(.encryptionFailed) { try log.setEncryption(.blockKey(SecretBytes(copying: []))) }
        #expect(try log.read(0) == [1])
        await log.close()
        await expectError(.closed) { try log.setEncryption(nil) }
    }

    @Test func `encrypted and plain sessions append to one log, across a truncation`() async throws {
        let store = try TestStore()
        let (log, plain) = (try await store.writable(encryption: .key(secret)), try await store.writable())
        try await log.append([])
        try await plain.append([1])
        try await log.append([2])
        let fork0 = try plain.read(2)
        try await plain.truncate(to: 2)
        try await log.append([2])
        try await plain.append([])
        #expect(try log.read(0) == [] && log.read(2) == [2] && plain.read(1) == [1] && plain.read(3) == [])
        // The same block in the same place: its nonce is that of another fork.
        #expect(try plain.read(2) != fork0)
        await expectError(.encryptionFailed) { _ = try log.read(1) }
        await expectError(.encryptionFailed) { _ = try log.read(3) }
    }
}
