import CompactEncoding
import Corestore
import Crypto
import Hypercore
import HypercoreStorage
import Manifest
import StorageEngine
import StorageLMDB
import Testing

/// What a store is opened with, and what it says of itself.
@Suite(.timeLimit(.minutes(5))) struct StoreOptionTests {
    private let given = BLAKE2b.hash([7])

    @Test func `a store says what it is`() async throws {
        let engine = MemoryEngine(tables: Schema.tables)
        let store = try await Corestore.open(
            engine, options: CorestoreOptions(durability: .relaxed, primaryKey: given, unsafe: true))
        #expect(store.storage as? MemoryEngine === engine)
        #expect(store.primaryKey.withUnsafeBytes { [UInt8]($0) } == given.array)
        #expect(!"\(store.primaryKey)".contains(given.hex))
        #expect(!store.isReadOnly && store.isActive && store.manifestVersion == .v1 && store.isOpen)
        #expect(store.namespace == .zero)
        let session = store.namespace("a")
        #expect(session.storage as? MemoryEngine === engine)
        #expect(session.primaryKey === store.primaryKey)
        try await session.close()
        #expect(!session.isOpen && store.isOpen)
        try await store.close()
        #expect(!store.isOpen)
    }

    @Test func `a store that is opened read-only says so, and that its files are`() async throws {
        let directory = try TemporaryDirectory()
        try await directory.open().close()
        let store = try await directory.open { $0.readOnly = true }
        #expect(store.isReadOnly && store.session().isReadOnly)
        try await store.suspend()
        try await store.resume()
        #expect(store.isReadOnly)
        try await store.close()
    }

    @Test func `through a store that is not writable nothing is changed, and what peers bring is stored`() async throws
    {
        let (writer, store) = (
            try await Corestore.inMemory(), try await Corestore.inMemory { $0.isWritable = false }
        )
        let log = try await writer.get(name: "log")
        try await log.append([1])
        let copy = try await store.get(key: log.key)
        let own = try await store.get(name: "own")
        for session in [copy, own, try await own.session()] {
            #expect(session.isReadOnly && !session.isWritable)
            let error = await #expect(throws: HypercoreError.self) { try await session.append([1]) }
            #expect(error?.code == .notWritable)
        }
        for options in [SessionOptions(overwrite: true), SessionOptions(force: true)] {
            let error = await #expect(throws: HypercoreError.self) {
                _ = try await store.get(name: "own", options: options)
            }
            #expect(error?.code == .notWritable)
        }
        let pipe = StorePipe(writer, store)
        #expect(try await copy.get(0) == [1])
        await pipe.cut()
        #expect(try copy.read(0) == [1])
        try await store.close()
        try await writer.close()
    }

    @Test func `a read-only session narrows one that is not, and cannot be widened`() async throws {
        let store = try await Corestore.inMemory()
        let session = store.session(options: StoreSessionOptions(isReadOnly: true))
        #expect(session.isReadOnly && session.namespace("a").isReadOnly && !store.isReadOnly)
        let wide = session.session(options: StoreSessionOptions(isReadOnly: false))
        #expect(try await !wide.get(name: "log").isWritable)
        #expect(try await store.get(name: "log").isWritable)
        try await store.close()
    }

    @Test func `logs of a passive session are brought to no peer, those of an active one are`() async throws {
        let (store, peer) = (
            try await Corestore.inMemory { $0.isActive = false }, try await Corestore.inMemory()
        )
        let (quiet, loud) = (try await peer.get(name: "quiet"), try await peer.get(name: "loud"))
        for log in [quiet, loud] { try await log.append([1]) }
        #expect(!store.isActive && !store.namespace("a").isActive)
        let passive = try await store.get(key: quiet.key)
        let active = try await store.session(options: StoreSessionOptions(isActive: true)).get(key: loud.key)
        for log in [quiet, loud] { await log.close() }
        let pipe = StorePipe(store, peer)
        #expect(try await active.get(0) == [1])
        // Had the passive one been brought along, it would have come before.
        #expect(passive.peerCount == 0 && passive.length == 0)
        await pipe.cut()
        try await store.close()
        try await peer.close()
    }
}
