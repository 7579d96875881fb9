import CompactEncoding
import Corestore
import CorestoreNIO
import Crypto
import Foundation
import Hypercore
import StorageEngine
import Testing

@Suite struct IdentityTests {
    /// The primary key 00 01 02 … 1f, and public keys that were made from it by other means.
    private static let primaryKey = Bytes32(Array(0..<32))
    private static let known = [
        "": "96fd42300e2556a72572c456e524d49447542a24d38597ff3cf4be2f355ce9ae",
        "phone": "98f178e734376028d307537daeae056bc206095009eb70db8e8d93738262dc5a",
    ]

    @Test(arguments: ["", "phone"]) func derivesFromThePrimaryKeyAndItsName(name: String) async throws {
        let options = CorestoreOptions(durability: .relaxed, primaryKey: Self.primaryKey, unsafe: true)
        try await withStore(options) { store in
            for session in [store, store.namespace("elsewhere")] {
                let identity = try session.identity(named: name)
                #expect(identity.publicKey.description == Self.known[name])
            }
        }
    }

    @Test func isThatOfAReadOnlyStoreToo() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "corestore-\(UUID())")
        defer { try? FileManager.default.removeItem(at: directory) }
        let store = try await Corestore.open(at: directory.path, options: CorestoreOptions(durability: .relaxed))
        let identity = try store.identity().publicKey
        try await store.close()
        let readOnly = try await Corestore.open(at: directory.path, options: CorestoreOptions(readOnly: true))
        #expect(try readOnly.identity().publicKey == identity)
        let server = try await ReplicationServer.listen(serving: readOnly)
        #expect(server.publicKey == identity)
        await server.shutdown()
        try await readOnly.close()
    }

    @Test func signsNoLogOfAnyName() async throws {
        try await withStore { store in
            let identity = try store.identity().publicKey
            for name in ["", "swift-corestore/identity", "identity"] {
                let sessions = [store, store.namespace("swift-corestore/identity"), store.namespace("")]
                for session in sessions { #expect(try session.createKeyPair(name).publicKey != identity) }
            }
        }
    }

    @Test func isToldByNoClosedStore() async throws {
        try await withStore { store in
            try await store.close()
            let error = #expect(throws: CorestoreError.self) { try store.identity() }
            #expect(error?.code == .closed)
            let refusal = await #expect(throws: TransportError.self) {
                try await ReplicationServer.listen(serving: store)
            }
            #expect(refusal?.code == .closed)
        }
    }

    // MARK: - Over a connection

    @Test func aServerIsKnownByTheIdentityOfItsStore() async throws {
        try await withStore { store in
            let server = try await ReplicationServer.listen(serving: store)
            let client = ReplicationClient(admitting: .only([try store.identity().publicKey]))
            let connection = try await client.connect(to: server.endpoint) { _ in }
            #expect(try await connection.waitUntilReady() == server.publicKey)
            await connection.close()
            await server.shutdown()
        }
    }

    @Test func aClientIsAStrangerUnlessItShowsAnIdentity() async throws {
        try await withTwoStores { origin, copy in
            let peers = AsyncStream.makeStream(of: PublicKey?.self)
            let server = try await ReplicationServer.listen { peers.continuation.yield($0.remotePublicKey) }
            var keys: [PublicKey] = []
            let identity = try copy.identity()
            for client in [ReplicationClient(), ReplicationClient(), ReplicationClient(keyPair: identity)] {
                let connection = try await client.connect(to: server.endpoint, replicating: copy)
                try await connection.waitUntilReady()
                let key = await peers.stream.first { _ in true }
                keys.append(try #require(key ?? nil))
                await connection.close()
            }
            #expect(keys.last == identity.publicKey)
            #expect(Set(keys).count == 3)
            await server.shutdown()
        }
    }
}
