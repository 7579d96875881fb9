import Corestore
import Crypto
import Hypercore
import HypercoreStorage
import StorageEngine
import Testing

@Suite(.timeLimit(.minutes(5))) struct StoreAuditTests {
    @Test func `every core of a store is audited, one report each`() async throws {
        let store = try await Corestore.inMemory()
        var keys: Set<DiscoveryKey> = []
        for index in 0..<5 {
            let log = try await store.get(name: "log \(index)")
            try await log.append(contentsOf: (0..<index).map { [UInt8($0)] })
            keys.insert(log.discoveryKey)
            if index.isMultiple(of: 2) { await log.close() }
        }
        var audited: Set<DiscoveryKey> = []
        var blocks: UInt64 = 0
        for try await core in store.audit(repairing: true) {
            let report = try core.result.get()
            #expect(report.isSound)
            blocks += report.checked.blocks
            audited.insert(core.discoveryKey)
        }
        #expect(audited == keys)
        #expect(blocks == 10)
    }

    @Test func `an audit of files on a disk finds them sound`() async throws {
        let directory = try TemporaryDirectory()
        let store = try await directory.open()
        let log = try await store.get(name: "log")
        try await log.append(contentsOf: (0..<5000).map { Array("block \($0)".utf8) })
        try await log.truncate(to: 3000)
        try await log.append(contentsOf: (0..<100).map { Array("other \($0)".utf8) })
        for try await core in store.audit() {
            let report = try core.result.get()
            #expect(report.isSound && report.checked.blocks == 3100)
        }
        try await store.close()
        await expectError(.closed) { for try await _ in store.audit() {} }
    }

    @Test func `an empty store has nothing to audit`() async throws {
        let store = try await Corestore.inMemory()
        for try await core in store.audit() { Issue.record("\(core)") }
    }
}
