import Corestore
import CorestoreNIO
import Hypercore
import HypercoreStorage
import NIOCore
import NIOPosix
import StorageEngine
import Testing

/// Neither side makes the other hold more than it is ready to.
@Suite struct BackPressureTests {
    /// Gives every event loop the chance to do what it is going to do.
    private func letEventLoopsTurn() async throws {
        for _ in 0..<200 {
            for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() { try await loop.submit {}.get() }
        }
    }

    private func withMemoryStore(
        _ engine: any StorageEngine = MemoryEngine(tables: Schema.tables), _ body: (Corestore) async throws -> Void
    ) async throws {
        let store = try await Corestore.open(engine)
        do {
            try await body(store)
        } catch {
            try? await store.close()
            throw error
        }
        try await store.close()
    }

    @Test func nothingIsReadWhileTheStoreIsBehind() async throws {
        let engine = StallingEngine()
        let limit = 1 << 20
        let block = [UInt8](repeating: 7, count: 256 << 10)
        try await withMemoryStore { origin in
            try await withMemoryStore(engine) { copy in
                // 20 MiB, of many logs: each may hold more unstored than the limit is.
                var readers: [Hypercore] = []
                for number in 0..<16 {
                    let log = try await origin.get(name: "\(number)")
                    try await log.append(contentsOf: [block, block, block, block, block])
                    readers.append(try await copy.get(key: log.key))
                }
                var configuration = TransportConfiguration()
                configuration.maximumUnstoredByteCount = limit
                let (logger, lines) = LogRecorder.make()
                let server = try await ReplicationServer.listen(serving: origin)

                let client = ReplicationClient(configuration: configuration, logger: logger)
                let connection = try await client.connect(to: server.endpoint, replicating: copy)
                // The heads are learnt first, for no block is asked for before its head is stored.
                for reader in readers { _ = try await reader.get(0) }
                engine.stall(true)
                let downloads = try readers.map { try $0.download(end: 5) }
                _ = await lines.line("reading paused")
                try await letEventLoopsTurn()
                // One read goes beyond the limit, and a frame that was begun before it.
                #expect(copy.statistics.queuedByteCount >= limit)
                #expect(copy.statistics.queuedByteCount < limit + configuration.maximumReadByteCount + block.count * 2)

                engine.stall(false)
                _ = await lines.line("reading resumed")
                for download in downloads { try await download.finished() }
                #expect(copy.statistics.logs.blocksDownloaded == 80)
                await connection.close()
                await server.shutdown()
            }
        }
    }

    @Test func whoDoesNotReadIsSentNoMoreThanFits() async throws {
        let block = [UInt8](repeating: 7, count: 1 << 20)
        try await withMemoryStore { origin in
            try await withMemoryStore { copy in
                let log = try await origin.get(name: "log")
                for _ in 0..<64 { try await log.append(block) }
                let (logger, lines) = LogRecorder.make()
                let server = try await ReplicationServer.listen(
                    serving: origin, configuration: .patient, logger: logger)
                let reader = try await copy.get(key: log.key)
                let peer = try await StreamPeer(connectingTo: server.endpoint) { copy.replicate(on: $0) }
                _ = try await reader.get(0)

                try await peer.setReading(false)
                let download = try reader.download(end: 64)
                _ = await lines.line("sending paused")
                try await letEventLoopsTurn()
                // What the system's own buffers take in comes on top of our marks.
                #expect(server.counters.sentByteCount < 32 << 20)

                try await peer.setReading(true)
                try await download.finished()
                await peer.close()
                await server.shutdown()
            }
        }
    }

    @Test func whoNeverReadsIsCutOff() async throws {
        var configuration = TransportConfiguration.patient
        configuration.maximumUnsentByteCount = 2 << 20
        let (logger, lines) = LogRecorder.make()
        let channels = AsyncStream.makeStream(of: MuxChannel.self)
        let server = try await ReplicationServer.listen(configuration: configuration, logger: logger) { stream in
            if let channel = try? stream.open(protocol: "flood") { channels.continuation.yield(channel) }
        }
        let peer = try await StreamPeer(connectingTo: server.endpoint) { stream in
            try? stream.accept(protocol: "flood") { _ = try? $0.accept() }
        }
        let channel = try #require(await channels.stream.first { _ in true })
        _ = try await channel.waitUntilOpened()
        try await peer.setReading(false)
        let message = [UInt8](repeating: 7, count: 1 << 20)
        // Without waiting for room, until it is refused or the connection is gone.
        while (try? channel.enqueue(message)) != nil { channel.flush() }
        let line = try #require(await lines.line("connection closed"))
        #expect(line.metadata["reason"]?.contains("has not read") == true)
        await peer.close()
        await server.shutdown()
    }
}
