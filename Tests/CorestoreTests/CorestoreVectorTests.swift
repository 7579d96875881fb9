import CompactEncoding
import Corestore
import Crypto
import Hypercore
import TestSupport
import Testing

/// `corestore.json`: what a store makes of a primary key and names (PROTOCOL §9), through what users call.
@Suite(.timeLimit(.minutes(5))) struct CorestoreVectorTests {
    @Test func `namespaces, keys, discovery keys and ids are those of the reference`() async throws {
        let document: Document = try Vectors.load("corestore")
        let store = try await Corestore.inMemory {
            $0.primaryKey = document.primaryKey.bytes32
            $0.unsafe = true
        }
        #expect(!document.named.isEmpty)
        for core in document.named {
            let session = try core.namespaceNames.reduce(store) { session, name in
                session.namespace(try #require(Self.bytes(of: name)))
            }
            #expect(session.namespace == core.namespace.bytes32, "\(core.namespacePath)")
            let log = try await session.get(name: core.name)
            #expect(log.key.bytes == core.key.bytes32, "\(core.namespacePath)/\(core.name)")
            #expect(log.discoveryKey.bytes == core.discoveryKey.bytes32)
            #expect(log.key.text == core.id)
            #expect(log.isWritable)
        }
        let listed = try await store.listed()
        #expect(Set(listed.map(\.bytes)) == Set(document.named.map(\.discoveryKey.bytes32)))
        try await store.close()
    }

    @Test func `key pairs are those of the reference`() throws {
        let document: Document = try Vectors.load("corestore")
        let keys = KeyDerivation(
            primaryKey: try GuardedBytes(count: Bytes32.byteCount) { $0.copyBytes(from: document.primaryKey.bytes) })
        for core in document.named {
            let keyPair = keys.keyPair(name: Array(core.name.utf8), namespace: core.namespace.bytes32)
            #expect(keyPair.publicKey.bytes == core.publicKey.bytes32, "\(core.namespacePath)/\(core.name)")
            #expect(keyPair.secretKey == SecretBytes(copying: core.secretKey.bytes))
        }
    }

    /// The bytes of a name in a vector: `utf8:` or `hex:` and the name.
    private static func bytes(of name: String) -> [UInt8]? {
        if name.hasPrefix("utf8:") { return Array(name.dropFirst(5).utf8) }
        return name.hasPrefix("hex:") ? [UInt8](hex: name.dropFirst(4)) : nil
    }

    private struct Document: Decodable {
        let primaryKey: Hex
        let named: [Core]
    }

    private struct Core: Decodable {
        let namespacePath: String
        let namespaceNames: [String]
        let namespace: Hex
        let name: String
        let publicKey: Hex
        let secretKey: Hex
        let key: Hex
        let discoveryKey: Hex
        let id: String
    }
}
