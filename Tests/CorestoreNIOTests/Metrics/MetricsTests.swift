import Corestore
import CorestoreNIO
import Crypto
import Hypercore
import ServiceLifecycle
import StorageEngine
import Testing

/// What is reported, compared with what was done.
@Suite struct MetricsTests {
    @Test func countsWhatIsAppended() async throws {
        try await withStore { store in
            let metrics = RecordingMetrics()
            let reporter = MetricsReporter(of: store, to: metrics)
            let log = try await store.get(name: "log")
            let other = try await store.get(name: "other")
            try await log.append([1])
            try await log.append(contentsOf: [[2], [3], [4]])
            try await store.atomically { batch in
                try batch.append([5], to: log)
                try batch.append([6], to: other)
            }
            try await log.truncate(to: 2)
            reporter.report()
            #expect(metrics["corestore_appends_total"] == 4)
            #expect(metrics["corestore_blocks_appended_total"] == 6)
            #expect(metrics["corestore_open_logs"] == 2)
            #expect(metrics["corestore_queued_bytes"] == 0)

            // What was reported is not reported again, and what is new is.
            reporter.report()
            #expect(metrics["corestore_appends_total"] == 4)
            try await log.append([7])
            reporter.report()
            #expect(metrics["corestore_appends_total"] == 5)
        }
    }

    @Test func countsCommitsAndWhatTheyHold() async throws {
        try await withStore { store in
            let metrics = RecordingMetrics()
            let log = try await store.get(name: "log")
            for block in 0..<5 as Range<UInt8> { try await log.append([block]) }
            let reporter = MetricsReporter(of: store, to: metrics)
            reporter.report()
            let writing = try #require(store.statistics.writing)
            #expect(metrics["corestore_commits_total"] == Double(writing.transactions))
            #expect(metrics["corestore_write_sets_total"] == Double(writing.sets))
            // One at a time: each append is a commit of its own.
            try await log.append([5])
            reporter.report()
            #expect(metrics["corestore_group_size"] == 1)
            #expect(metrics["corestore_commits_total"] == Double(writing.transactions + 1))
        }
    }

    @Test func countsWhatPeersBringAndTake() async throws {
        try await withTwoStores { origin, copy in
            let blocks = (0..<50).map { [UInt8](repeating: UInt8($0), count: $0) }
            let log = try await origin.get(name: "log")
            try await log.append(contentsOf: blocks)
            // What a keep-alive adds on one side just before the end may not reach the other.
            var configuration = TransportConfiguration.patient
            configuration.keepAliveInterval = nil
            let server = try await ReplicationServer.listen(serving: origin, configuration: configuration)
            let reader = try await copy.get(key: log.key)
            let connection = try await ReplicationClient(configuration: configuration).connect(
                to: server.endpoint, replicating: copy)
            try await reader.download(end: 50).finished()

            let (up, down) = (RecordingMetrics(), RecordingMetrics())
            MetricsReporter(of: origin, servers: [server], to: up).report()
            MetricsReporter(of: copy, to: down).report()
            let byteCount = Double(blocks.map(\.count).reduce(0, +))
            #expect(up["corestore_blocks_uploaded_total"] == 50)
            #expect(up["corestore_bytes_uploaded_total"] == byteCount)
            #expect(up["corestore_blocks_downloaded_total"] == nil)
            #expect(down["corestore_blocks_downloaded_total"] == 50)
            #expect(down["corestore_bytes_downloaded_total"] == byteCount)
            #expect(down["corestore_blocks_uploaded_total"] == nil)
            #expect(down["corestore_appends_total"] == nil, "what is downloaded was not appended here")
            #expect([up, down].map { $0["corestore_peers"] } == [1, 1])
            #expect(up["corestore_connections"] == 1)
            #expect(up["corestore_connections_accepted_total"] == 1)
            let sent = try #require(up["corestore_sent_bytes_total"])
            #expect(sent > byteCount)

            await connection.close()
            await server.shutdown()
            MetricsReporter(of: origin, servers: [server], to: up).report()
            #expect(up["corestore_peers"] == 0)
            #expect(up["corestore_connections"] == 0)
            #expect(server.counters.receivedByteCount == connection.sentByteCount)
            #expect(server.counters.sentByteCount == connection.receivedByteCount)
        }
    }

    @Test func countsThePeersOfLogsThatEnd() async throws {
        try await withTwoStores { origin, copy in
            let log = try await origin.get(name: "log")
            try await log.append([1])
            let server = try await ReplicationServer.listen(serving: origin)
            let reader = try await copy.get(key: log.key)
            let connection = try await ReplicationClient().connect(to: server.endpoint, replicating: copy)
            _ = try await reader.get(0)
            #expect(copy.statistics.logs.peerCount == 1)
            try await reader.purge()
            #expect(copy.statistics.logs.peerCount == 0)
            await connection.close()
            await server.shutdown()
        }
    }

    @Test func reportsHowFarALogIsBehind() async throws {
        try await withTwoStores { origin, copy in
            let log = try await origin.get(name: "log")
            let marker = try await origin.get(name: "marker")
            try await log.append([0])
            let server = try await ReplicationServer.listen(serving: origin)
            let reader = try await copy.get(key: log.key)
            let markerReader = try await copy.get(key: marker.key)
            let connection = try await ReplicationClient().connect(to: server.endpoint, replicating: copy)
            _ = try await reader.get(0)
            let metrics = RecordingMetrics()
            let reporter = MetricsReporter(of: copy, to: metrics)
            reporter.observe(reader, as: "copied")
            reporter.report()
            #expect(metrics["corestore_lag_blocks{log=copied}"] == 0)

            var policy = reader.replicationPolicy
            policy.upgradesEagerly = false
            try reader.setReplicationPolicy(policy)
            try await log.append(contentsOf: [[1], [2], [3]])
            // What comes later on the same stream is read later.
            try await marker.append([0])
            _ = try await markerReader.get(0)
            reporter.report()
            #expect(metrics["corestore_lag_blocks{log=copied}"] == 3)

            _ = try await reader.update()
            reporter.report()
            #expect(metrics["corestore_lag_blocks{log=copied}"] == 0)
            reporter.stopObserving("copied")
            #expect(metrics["corestore_lag_blocks{log=copied}"] == nil)
            await connection.close()
            await server.shutdown()
        }
    }

    @Test func countsWhoIsRefused() async throws {
        try await withStore { store in
            let server = try await ReplicationServer.listen(serving: store, admitting: .only([]))
            let connection = try await ReplicationClient().connect(to: server.endpoint) { _ in }
            _ = await connection.waitUntilClosed()
            await server.shutdown()
            let metrics = RecordingMetrics()
            MetricsReporter(of: store, servers: [server], dimensions: [("store", "main")], to: metrics).report()
            #expect(metrics["corestore_connections_refused_total{store=main,reason=not_admitted}"] == 1)
            #expect(metrics["corestore_connections_refused_total{store=main,reason=no_room}"] == nil)
        }
    }

    // MARK: - As a service

    @Test func reportsEveryIntervalAndWhenItEnds() async throws {
        try await withStore { store in
            let metrics = RecordingMetrics()
            let time = ManualTime()
            var environment = time.environment()
            let sleeps = AsyncStream.makeStream(of: ContinuousClock.Instant.self)
            let sleep = environment.sleep
            environment.sleep = { deadline in
                sleeps.continuation.yield(deadline)
                try await sleep(deadline)
            }
            let reporter = MetricsReporter(of: store, every: .seconds(7), to: metrics, environment: environment)
            let group = ServiceGroup(services: [reporter], logger: .silent)
            let running = Task { try await group.run() }
            let log = try await store.get(name: "log")

            let first = try #require(await sleeps.stream.first { _ in true })
            #expect(first - time.now == .seconds(7))
            #expect(metrics["corestore_appends_total"] == nil)
            try await log.append([1])
            time.advance(by: .seconds(7))
            _ = await sleeps.stream.first { _ in true }
            #expect(metrics["corestore_appends_total"] == 1)

            try await log.append([2])
            await group.triggerGracefulShutdown()
            try await running.value
            #expect(metrics["corestore_appends_total"] == 2)
        }
    }
}
