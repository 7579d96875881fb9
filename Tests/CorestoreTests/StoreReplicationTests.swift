import Corestore
import Crypto
import Hypercore
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct StoreReplicationTests {
    private func blocks(_ count: Int, _ label: String) -> [[UInt8]] {
        (0..<count).map { Array("\(label) \($0)".utf8) }
    }

    @Test func `two stores replicate all their cores, in both directions, on LMDB`() async throws {
        let directories = (try TemporaryDirectory(), try TemporaryDirectory())
        let (left, right) = (try await directories.0.open(), try await directories.1.open())
        var pairs: [(log: Hypercore, copy: Hypercore)] = []
        for number in 0..<10 {
            let (from, to) = number.isMultiple(of: 2) ? (left, right) : (right, left)
            let log = try await from.namespace("n").get(name: "\(number)")
            try await log.append(contentsOf: blocks(20 + number, "core \(number)"))
            pairs.append((log, try await to.get(key: log.key)))
        }
        let pipe = StorePipe(left, right)
        for (number, pair) in pairs.enumerated() {
            try await pair.copy.download(end: UInt64(20 + number)).finished()
            #expect(try pair.copy.treeHash() == pair.log.treeHash())
        }
        await pipe.cut()
        let keys = pairs.map(\.copy.key)
        let hashes = try pairs.map { try $0.log.treeHash() }
        try await left.close()
        try await right.close()

        // Each has the other's cores on its own disk now.
        let again = (try await directories.0.open(), try await directories.1.open())
        for (number, key) in keys.enumerated() {
            let copy = try await (number.isMultiple(of: 2) ? again.1 : again.0).get(key: key)
            #expect(try copy.treeHash() == hashes[number] && copy.contiguousLength == UInt64(20 + number))
            #expect(try copy.read(7) == Array("core \(number) 7".utf8))
        }
        try await again.0.close()
        try await again.1.close()
    }

    @Test func `a hundred cores share one connection`() async throws {
        let (left, right) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        var pairs: [(log: Hypercore, copy: Hypercore)] = []
        for number in 0..<100 {
            let log = try await left.get(name: "\(number)")
            try await log.append(contentsOf: blocks(3, "core \(number)"))
            pairs.append((log, try await right.get(key: log.key)))
        }
        let pipe = StorePipe(left, right)
        for (number, pair) in pairs.enumerated() {
            #expect(try await pair.copy.get(2) == Array("core \(number) 2".utf8))
            #expect(pair.copy.peerCount == 1)
        }
        await pipe.cut()
        #expect(pairs.allSatisfy { $0.copy.peerCount == 0 && $0.log.peerCount == 0 })
        try await left.close()
        try await right.close()
    }

    @Test func `a core that is stored and not open is opened for whoever asks for it, and let go of after`()
        async throws
    {
        let directory = try TemporaryDirectory()
        var store = try await directory.open()
        let log = try await store.get(name: "idle")
        try await log.append(contentsOf: blocks(5, "idle"))
        let key = log.key
        try await store.close()

        store = try await directory.open()
        let reader = try await Corestore.inMemory()
        let copy = try await reader.get(key: key)
        let pipe = StorePipe(store, reader)
        try await copy.download(end: 5).finished()
        #expect(try copy.read(4) == Array("idle 4".utf8))
        await pipe.cut()
        try await store.close()
        try await reader.close()
    }

    @Test func `cores whose keys the other store does not know stay unknown to it`() async throws {
        let (left, right) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let (known, secret) = (try await left.get(name: "known"), try await left.get(name: "secret"))
        try await known.append([1])
        try await secret.append([2])
        let copy = try await right.get(key: known.key)
        let pipe = StorePipe(left, right)
        #expect(try await copy.get(0) == [1])
        #expect(try await right.listed() == [known.discoveryKey])
        #expect(secret.peerCount == 0)
        await pipe.cut()
        try await left.close()
        try await right.close()
    }

    @Test func `cores and sessions that are opened while connected join the connection`() async throws {
        let (left, right) = (try await Corestore.inMemory(), try await Corestore.inMemory())
        let pipe = StorePipe(left, right)
        for number in 0..<5 {
            let log = try await left.namespace("\(number)").get(name: "log")
            try await log.append([UInt8(number)])
            let session = right.session()
            let copy = try await session.get(key: log.key)
            #expect(try await copy.get(0) == [UInt8(number)])
            try await session.close()
        }
        await pipe.cut()
        try await left.close()
        try await right.close()
    }

    @Test func `a store that is closed in the middle of a download leaves a store that goes on later`() async throws {
        let directory = try TemporaryDirectory()
        let writer = try await Corestore.inMemory()
        let log = try await writer.get(name: "log")
        try await log.append(contentsOf: (0..<300).map { Array(repeating: UInt8($0 & 255), count: 4000) })

        var reader = try await directory.open()
        var copy = try await reader.get(key: log.key)
        // One block more than there is, so that the download cannot be over before the store is closed.
        let download = try copy.download(end: 301)
        let events = copy.events
        let first = StorePipe(writer, reader)
        for await event in events {
            if case .downloaded = event { break }
        }
        try await reader.close()
        await #expect(throws: HypercoreError.self) { try await download.finished() }
        await first.cut()

        reader = try await directory.open()
        copy = try await reader.get(key: log.key)
        let second = StorePipe(writer, reader)
        try await copy.download(end: 300).finished()
        #expect(try copy.treeHash() == log.treeHash())
        for index in [0, 150, 299] {
            #expect(try copy.read(UInt64(index)) == Array(repeating: UInt8(index & 255), count: 4000))
        }
        await second.cut()
        try await reader.close()
        try await writer.close()
    }
}
