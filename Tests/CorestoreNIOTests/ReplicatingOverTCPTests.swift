import Corestore
import CorestoreNIO
import Hypercore
import TestSupport
import Testing

/// Two stores, one serving, one copying, over loopback.
@Suite struct ReplicatingOverTCPTests {
    /// Blocks of the sizes that matter: empty, one byte, small ones by the hundred, and larger than any buffer.
    private static func blocks(seed: UInt64) -> [[UInt8]] {
        var generator = SeededGenerator(seed: seed)
        let sizes = [0, 1, 0, 65_536, 3 << 20, 17] + (0..<300).map { _ in Int.random(in: 0...200, using: &generator) }
        return sizes.map { size in [UInt8](repeating: UInt8.random(in: .min ... .max, using: &generator), count: size) }
    }

    @Test func everyBlockArrivesWhateverItsSize() async throws {
        let blocks = Self.blocks(seed: 7)
        try await withTwoStores { origin, copy in
            let log = try await origin.get(name: "log")
            try await log.append(contentsOf: blocks)
            let server = try await ReplicationServer.listen(serving: origin)
            let reader = try await copy.get(key: log.key)
            let connection = try await ReplicationClient().connect(to: server.endpoint, replicating: copy)
            try await reader.download(end: UInt64(blocks.count)).finished()
            #expect(try reader.storedBlocks() == blocks)
            #expect(try reader.treeHash() == log.treeHash())
            await connection.close()
            await server.shutdown()
        }
    }

    @Test func blocksAppendedLaterFollow() async throws {
        try await withTwoStores { origin, copy in
            let log = try await origin.get(name: "log")
            let server = try await ReplicationServer.listen(serving: origin)
            let reader = try await copy.get(key: log.key)
            let connection = try await ReplicationClient().connect(to: server.endpoint, replicating: copy)
            for number in 0..<20 as Range<UInt8> {
                async let block = reader.get(UInt64(number))
                try await log.append([number])
                #expect(try await block == [number])
            }
            await connection.close()
            await server.shutdown()
        }
    }

    @Test func bothSidesServeOverOneConnection() async throws {
        try await withTwoStores { left, right in
            let (ours, theirs) = (try await left.get(name: "ours"), try await right.get(name: "theirs"))
            try await ours.append([1])
            try await theirs.append([2])
            let server = try await ReplicationServer.listen(serving: left)
            let connection = try await ReplicationClient().connect(to: server.endpoint, replicating: right)
            #expect(try await right.get(key: ours.key).get(0) == [1])
            #expect(try await left.get(key: theirs.key).get(0) == [2])
            await connection.close()
            await server.shutdown()
        }
    }

    @Test func aConnectionThatIsCutIsResumedWhereItWas() async throws {
        let blocks = (0..<200).map { [UInt8](repeating: UInt8($0), count: 10_000) }
        try await withTwoStores { origin, copy in
            let log = try await origin.get(name: "log")
            try await log.append(contentsOf: blocks)
            let server = try await ReplicationServer.listen(serving: origin)
            // Not even half of the bytes get through at a time.
            let proxy = try await CuttingProxy(to: server.endpoint, cuttingAfter: 900_000)
            let reader = try await copy.get(key: log.key)
            let download = try reader.download(end: UInt64(blocks.count))
            var cuts = 0
            while reader.contiguousLength < blocks.count {
                let before = try (0..<reader.length).count { try reader.has($0) }
                let connection = try await ReplicationClient().connect(to: proxy.endpoint, replicating: copy)
                guard case .closedLocally = await end(of: connection, orOf: download) else {
                    cuts += 1
                    #expect(try (0..<reader.length).count { try reader.has($0) } > before)
                    continue
                }
            }
            #expect(cuts >= 2)
            #expect(try reader.storedBlocks() == blocks)
            try await proxy.close()
            await server.shutdown()
        }
    }

    /// Waits until a connection is cut, or closes it once the download is complete.
    private func end(of connection: ReplicationConnection, orOf download: Download) async -> ReplicationStreamEnd {
        let closing = Task {
            try await download.finished()
            await connection.close()
        }
        let end = await connection.waitUntilClosed()
        closing.cancel()
        return end
    }
}
