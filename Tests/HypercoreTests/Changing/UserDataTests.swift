import HypercoreStorage
import Testing

@testable import Hypercore

/// What a user keeps beside a log.
@Suite struct UserDataTests {
    @Test func `it is set, replaced and removed, and is there when the log is opened again`() async throws {
        let store = try TestStore()
        let log = try await store.writable()
        #expect(try log.userData("cursor") == nil)
        try await log.setUserData([1, 2], for: "cursor")
        try await log.setUserData([], for: "empty")
        try await log.setUserData([3], for: "cursor/2")
        #expect(try log.userData("cursor") == [1, 2] && log.userData("empty") == [])
        try await log.setUserData([4], for: "cursor")
        try await log.setUserData(nil, for: "cursor/2")
        try await log.setUserData(nil, for: "never there")

        let again = try await store.reopened().writable()
        #expect(try again.userData("cursor") == [4] && again.userData("empty") == [])
        #expect(try again.userData("cursor/2") == nil && again.length == 0)
    }

    @Test func `each log has its own, whatever becomes of its blocks`() async throws {
        let store = try TestStore()
        let (log, other) = (try await store.writable(), try await store.writable("other"))
        try await log.append(contentsOf: numberedBlocks(0..<4))
        try await log.setUserData([1], for: "a")
        try await other.setUserData([2], for: "a")
        try await log.truncate(to: 1)
        try await log.clear(0..<1)
        #expect(try log.userData("a") == [1] && other.userData("a") == [2])
        #expect(try log.snapshot().userData("a") == [1])
        try await log.purge()
        #expect(try await store.writable().userData("a") == nil)
        #expect(try other.userData("a") == [2])
    }

    @Test(arguments: [1, 2, 399, 400]) func `a key may have up to 400 bytes, and a value millions`(
        keyByteCount: Int
    ) async throws {
        let log = try await TestStore().writable()
        let key = String(repeating: "k", count: keyByteCount)
        let value = [UInt8](repeating: 7, count: 3 << 20)
        try await log.setUserData(value, for: key)
        #expect(try log.userData(key) == value)
    }

    @Test func `other keys, and sessions that are closed or read-only, are refused`() async throws {
        let log = try await TestStore().writable()
        for key in ["", String(repeating: "k", count: 401), String(repeating: "é", count: 201)] {
            await expectError(.outOfBounds) { try await log.setUserData([1], for: key) }
            await expectError(.outOfBounds) { _ = try log.userData(key) }
        }
        let reader = try await log.session(options: SessionOptions(isReadOnly: true))
        await expectError(.notWritable) { try await reader.setUserData([1], for: "a") }
        await expectError(.notWritable) { try await log.snapshot().setUserData([1], for: "a") }
        await log.close()
        await expectError(.closed) { try await log.setUserData([1], for: "a") }
        await expectError(.closed) { _ = try log.userData("a") }
        #expect(try reader.userData("a") == nil)
    }
}
