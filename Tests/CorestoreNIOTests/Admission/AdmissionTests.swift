import Corestore
import CorestoreNIO
import Crypto
import Hypercore
import Logging
import Synchronization
import Testing

/// Whom a server lets in, and whom a client talks to.
@Suite struct AdmissionTests {
    @Test func whoIsNotAdmittedIsToldNothing() async throws {
        try await withTwoStores { origin, copy in
            let (logger, lines) = LogRecorder.make()
            let attached = Mutex(0)
            let server = try await ReplicationServer.listen(admitting: .only([KeyPair().publicKey]), logger: logger) {
                attached.withLock { $0 += 1 }
                origin.replicate(on: $0)
            }
            // The client wants a log that the server has.
            let log = try await origin.get(name: "log")
            try await log.append([1])
            _ = try await copy.get(key: log.key)
            let stranger = KeyPair()
            let connection = try await ReplicationClient(keyPair: stranger)
                .connect(to: server.endpoint, replicating: copy)

            // That the client can tell means that it got nothing after the handshake.
            _ = await connection.waitUntilClosed()
            #expect(connection.failure?.code == .turnedAway)
            #expect(attached.withLock { $0 } == 0)
            await server.shutdown()
            #expect(server.counters.notAdmitted == 1)
            #expect(server.counters.admitted == 0)
            let line = try #require(await lines.line("connection closed"))
            #expect(line.metadata["reason"]?.contains("\(stranger.publicKey)") == true)
            #expect(line.level == .debug)
        }
    }

    @Test func whoIsAdmittedReplicates() async throws {
        try await withTwoStores { origin, copy in
            let log = try await origin.get(name: "log")
            try await log.append([1])
            let identity = try copy.identity()
            let server = try await ReplicationServer.listen(serving: origin, admitting: .only([identity.publicKey]))
            let reader = try await copy.get(key: log.key)
            let connection = try await ReplicationClient(keyPair: identity)
                .connect(to: server.endpoint, replicating: copy)
            #expect(try await reader.get(0) == [1])
            #expect(server.counters.admitted == 1)
            await connection.close()
            await server.shutdown()
        }
    }

    @Test func theStreamIsHandedOverWithThePeerThatItIsOf() async throws {
        let peers = AsyncStream.makeStream(of: PublicKey?.self)
        let server = try await ReplicationServer.listen { peers.continuation.yield($0.remotePublicKey) }
        let keyPair = KeyPair()
        let connection = try await ReplicationClient(keyPair: keyPair).connect(to: server.endpoint) { _ in }
        #expect(await peers.stream.first { _ in true } == keyPair.publicKey)
        await connection.close()
        await server.shutdown()
    }

    // MARK: - Changing it

    @Test func cutsOffWhoIsAdmittedNoLonger() async throws {
        try await withTwoStores { origin, copy in
            let log = try await origin.get(name: "log")
            let server = try await ReplicationServer.listen(serving: origin)
            let (kept, cut) = (KeyPair(), KeyPair())
            let reader = try await copy.get(key: log.key)
            let first = try await ReplicationClient(keyPair: kept).connect(to: server.endpoint, replicating: copy)
            let second = try await ReplicationClient(keyPair: cut).connect(to: server.endpoint) { _ in }
            try await first.waitUntilReady()
            try await second.waitUntilReady()
            // The server has heard of both once it answers both.
            try await log.append([1])
            #expect(try await reader.get(0) == [1])
            await second.waitUntilHeard()

            #expect(server.admit(.only([kept.publicKey])) == 1)
            _ = await second.waitUntilClosed()
            try await log.append([2])
            #expect(try await reader.get(1) == [2])
            #expect(server.counters.notAdmitted == 1)
            await first.close()
            await server.shutdown()
        }
    }

    @Test func aChangeWhileAPeerIsLookedAtIsNotMissed() async throws {
        let box = Mutex<ReplicationServer?>(nil)
        let attached = Mutex(0)
        let changing = PeerAdmission { _ in
            // Somebody changes the list in just this moment, and has not seen this peer among those to be cut off.
            box.withLock { $0 }?.admit(.only([]))
            return true
        }
        let server = try await ReplicationServer.listen(admitting: changing) { _ in attached.withLock { $0 += 1 } }
        box.withLock { $0 = server }
        let connection = try await ReplicationClient().connect(to: server.endpoint) { _ in }
        _ = await connection.waitUntilClosed()
        #expect(connection.failure?.code == .turnedAway)
        #expect(attached.withLock { $0 } == 0)
        await server.shutdown()
        #expect(server.counters.notAdmitted == 1)
    }

    // MARK: - Of a client

    @Test func aClientDoesNotShowItsKeyToAServerThatItDoesNotAdmit() async throws {
        let peers = Mutex<[PublicKey?]>([])
        let server = try await ReplicationServer.listen { stream in peers.withLock { $0.append(stream.remotePublicKey) }
        }
        let attached = Mutex(0)
        let connection = try await ReplicationClient(admitting: .only([KeyPair().publicKey]))
            .connect(to: server.endpoint) { _ in attached.withLock { $0 += 1 } }
        let error = await #expect(throws: TransportError.self) { try await connection.waitUntilReady() }
        #expect(error?.code == .notAdmitted)
        #expect(error?.message.contains("\(server.publicKey)") == true)
        #expect(connection.failure == error)
        _ = await connection.waitUntilClosed()
        await connection.close()
        await server.shutdown()
        #expect(attached.withLock { $0 } == 0)
        #expect(peers.withLock { $0.isEmpty })
        // The server did not even get to ask who that is.
        #expect(server.counters.admitted == 0 && server.counters.notAdmitted == 0)
    }
}

extension ReplicationConnection {
    /// Waits until the other side has let us in, which shows when it answers the open of a channel.
    fileprivate func waitUntilHeard() async {
        // Nobody there wants the channel, so it ends; what matters is that somebody says so.
        _ = await (try? stream.open(protocol: "unknown"))?.waitUntilClosed()
    }
}
