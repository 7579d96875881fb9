import Corestore
import CorestoreNIO
import Crypto
import Hypercore
import Logging
import ServiceLifecycle
import Testing

@Suite struct ReconnectingTests {
    @Test func waitsLongerAfterEachFailureAndAnewAfterAConnectionThatLasted() async throws {
        let admitted = AsyncStream.makeStream(of: Void.self)
        let server = try await ReplicationServer.listen(admitting: .only([])) { _ in admitted.continuation.yield() }
        let time = ManualTime()
        let client = ReconnectingClient(to: server.endpoint, environment: time.environment()) { _ in }
        let states = client.states
        let running = Task { try await client.run() }

        for delay in [.milliseconds(500), .seconds(1), .seconds(2)] as [Duration] {
            let until = try await states.nextWait { #expect($0.code == .turnedAway) }
            #expect(until - time.now == delay)
            time.advance(by: delay)
        }
        // It gets in, and is cut off before the connection has proven itself.
        let fourth = try await states.nextWait { _ in }
        server.admit(.everyone)
        time.advance(by: fourth - time.now)
        try await states.nextConnection()
        _ = await admitted.stream.first { true }
        time.advance(by: BackOff().provenAfter - .nanoseconds(1))
        #expect(server.admit(.only([])) == 1)
        let fifth = try await states.nextWait { _ in }
        #expect(fifth - time.now == .seconds(8))

        // It gets in, and stays for long enough.
        server.admit(.everyone)
        time.advance(by: fifth - time.now)
        try await states.nextConnection()
        _ = await admitted.stream.first { true }
        time.advance(by: BackOff().provenAfter)
        server.admit(.only([]))
        let sixth = try await states.nextWait { _ in }
        #expect(sixth - time.now == .milliseconds(500))

        running.cancel()
        try await running.value
        await server.shutdown()
    }

    @Test func replicatesAgainOnceItIsConnectedAgain() async throws {
        try await withTwoStores { origin, copy in
            let log = try await origin.get(name: "log")
            try await log.append([1])
            let server = try await ReplicationServer.listen(serving: origin)
            let time = ManualTime()
            let client = ReconnectingClient(to: server.endpoint, replicating: copy, environment: time.environment())
            let states = client.states
            let running = Task { try await client.run() }
            let reader = try await copy.get(key: log.key)
            #expect(try await reader.get(0) == [1])

            server.admit(.only([]))
            let next = try await states.nextWait { _ in }
            try await log.append([2])
            server.admit(.everyone)
            time.advance(by: next - time.now)
            #expect(try await reader.get(1) == [2])
            running.cancel()
            try await running.value
            await server.shutdown()
        }
    }

    @Test func triesAgainWhileNobodyListens() async throws {
        // In a process of its own: one that starts another shares its sockets with it for a moment.
        await #expect(processExitsWith: .success) {
            let first = try await ReplicationServer.listen(on: .ownPort(6)) { _ in }
            await first.shutdown()
            let time = ManualTime()
            let client = ReconnectingClient(to: first.endpoint, environment: time.environment()) { _ in }
            let states = client.states
            let running = Task { try await client.run() }
            let next = try await states.nextWait { #expect($0.code == .refused) }

            let second = try await ReplicationServer.listen(on: first.endpoint) { _ in }
            time.advance(by: next - time.now)
            try await states.nextConnection()
            running.cancel()
            try await running.value
            await second.shutdown()
        }
    }

    // MARK: - Giving up

    @Test func givesUpWhereTheServerHasAnotherKeyThanTheAdmittedOne() async throws {
        let server = try await ReplicationServer.listen { _ in }
        let client = ReconnectingClient(
            to: server.endpoint, using: ReplicationClient(admitting: .only([KeyPair().publicKey])),
            environment: ManualTime().environment()
        ) { _ in }
        let error = await #expect(throws: TransportError.self) { try await client.run() }
        #expect(error?.code == .notAdmitted)
        guard case .stopped(let reason?) = client.state else {
            return #expect(Bool(false), "it is \(client.state)")
        }
        #expect(reason == error)
        await server.shutdown()
    }

    @Test(arguments: ["", "two words", String(repeating: "a", count: 254)])
    func givesUpOnWhatIsNoName(host: String) async {
        let client = ReconnectingClient(
            to: Endpoint(host: host, port: 1), environment: ManualTime().environment()
        ) { _ in }
        let error = await #expect(throws: TransportError.self) { try await client.run() }
        #expect(error?.code == .invalidName)
    }

    @Test func stopsOnceTheStoreIsClosed() async throws {
        try await withTwoStores { origin, copy in
            let server = try await ReplicationServer.listen(serving: origin)
            let client = ReconnectingClient(to: server.endpoint, replicating: copy)
            let states = client.states
            let running = Task { try await client.run() }
            try await states.nextConnection()
            try await copy.close()
            try await running.value
            guard case .stopped(nil) = client.state else { return #expect(Bool(false), "it is \(client.state)") }
            await server.shutdown()
        }
    }

    // MARK: - Ending

    @Test func isCancelledWhileItConnects() async throws {
        var configuration = TransportConfiguration()
        // Nothing but the cancellation is to end the handshake.
        configuration.handshakeTimeout = .seconds(3600)
        configuration.silenceTimeout = nil
        configuration.lingerTimeout = .milliseconds(50)
        let silent = try await SilentListener()
        let client = ReconnectingClient(
            to: silent.endpoint, using: ReplicationClient(configuration: configuration)
        ) { _ in }
        let running = Task { try await client.run() }
        await silent.waitForConnection()
        running.cancel()
        try await running.value
        try await silent.close()
    }

    @Test func isCancelledWhileItWaits() async throws {
        let server = try await ReplicationServer.listen(admitting: .only([])) { _ in }
        let client = ReconnectingClient(to: server.endpoint, environment: ManualTime().environment()) { _ in }
        let states = client.states
        let running = Task { try await client.run() }
        _ = try await states.nextWait { _ in }
        running.cancel()
        try await running.value
        await server.shutdown()
    }

    @Test func endsWithItsServiceGroupAsTheServerDoes() async throws {
        try await withTwoStores { origin, copy in
            let log = try await origin.get(name: "log")
            try await log.append([1])
            let server = try await ReplicationServer.listen(serving: origin)
            let client = ReconnectingClient(to: server.endpoint, replicating: copy)
            let group = ServiceGroup(services: [server, client], logger: .silent)
            let running = Task { try await group.run() }
            let reader = try await copy.get(key: log.key)
            #expect(try await reader.get(0) == [1])

            await group.triggerGracefulShutdown()
            try await running.value
            #expect(server.connectionCount == 0)
            guard case .stopped(nil) = client.state else { return #expect(Bool(false), "it is \(client.state)") }
        }
    }

    // MARK: - Observing

    @Test func tellsLateObserversThatItHasStopped() async throws {
        let client = ReconnectingClient(to: Endpoint(host: "", port: 1)) { _ in }
        await #expect(throws: TransportError.self) { try await client.run() }
        var states: [ReconnectingClient.State] = []
        for await state in client.states { states.append(state) }
        guard case .stopped = try #require(states.first) else { return #expect(Bool(false), "it is \(states)") }
        #expect(states.count == 1)
    }

    @Test func tellsTheStatesInTheirOrder() async throws {
        let server = try await ReplicationServer.listen { _ in }
        let client = ReconnectingClient(to: server.endpoint) { _ in }
        let states = client.states
        let running = Task { try await client.run() }
        var names: [String] = []
        for await state in states {
            names.append(state.name)
            if case .connected(let connection) = state {
                #expect(connection.remotePublicKey == server.publicKey)
                #expect(client.connection === connection)
                running.cancel()
            }
        }
        #expect(names == ["idle", "connecting", "connected", "stopped"])
        #expect(client.connection == nil)
        await server.shutdown()
    }
}

extension ReconnectingClient.State {
    fileprivate var name: String {
        switch self {
        case .idle: "idle"
        case .connecting: "connecting"
        case .connected: "connected"
        case .waiting: "waiting"
        case .stopped: "stopped"
        }
    }
}

extension AsyncStream<ReconnectingClient.State> {
    /// Goes on to the next state in which the client waits.
    ///
    /// - Returns: until when.
    fileprivate func nextWait(_ check: (TransportError) -> Void) async throws -> ContinuousClock.Instant {
        for await state in self {
            guard case .waiting(let until, let reason) = state else { continue }
            check(reason)
            return until
        }
        throw TransportError(.closed, "the client has stopped")
    }

    /// Goes on to the next state in which the client is connected.
    fileprivate func nextConnection() async throws {
        for await state in self {
            if case .connected = state { return }
        }
        throw TransportError(.closed, "the client has stopped")
    }
}
