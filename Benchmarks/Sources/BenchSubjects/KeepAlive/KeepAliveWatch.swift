public import BenchHarness
import Corestore
import CorestoreNIO
import Hypercore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Connections on which nothing is said but keep-alives, and when those come.
public final class KeepAliveWatch: Sendable {
    /// After how long without sending a server of ``Figure/getCold`` sends a keep-alive: often enough to see many of them.
    public static let interval = Duration.milliseconds(250)
    /// More than a server has event loops, so that each of these serves some.
    private static let connectionCount = 4
    private static let pollingPeriodMicroseconds: UInt32 = 1_000

    private let connections: [ReplicationConnection]
    private let isOver = Mutex(false)
    private let gaps = Mutex<[Duration]>([])

    /// Connects to the server that announced itself with `announcement`, and begins to watch.
    public init(_ announcement: String) async throws {
        let (endpoint, _) = try CorestoreContender.parse(announcement)
        var connections: [ReplicationConnection] = []
        for _ in 0..<Self.connectionCount {
            let connection = try await ReplicationClient().connect(to: endpoint) { _ in }
            try await connection.waitUntilReady()
            connections.append(connection)
        }
        self.connections = connections
        _ = PosixThread { [self] in watch() }
    }

    /// Ends the connections, and returns the times between what came on each.
    public func end() async -> [Duration] {
        isOver.withLock { $0 = true }
        for connection in connections { await connection.close() }
        return gaps.withLock { $0 }
    }

    private func watch() {
        // What the first gap began with was the handshake, not a keep-alive.
        var last: [(byteCount: UInt64, time: ContinuousClock.Instant?)] = connections.map {
            ($0.receivedByteCount, nil)
        }
        while !isOver.withLock({ $0 }) {
            for (position, connection) in connections.enumerated() {
                let byteCount = connection.receivedByteCount
                guard byteCount != last[position].byteCount else { continue }
                let now = ContinuousClock.now
                if let before = last[position].time { gaps.withLock { $0.append(now - before) } }
                last[position] = (byteCount, now)
            }
            usleep(Self.pollingPeriodMicroseconds)
        }
    }
}

/// Downloads random blocks of a served store, many at a time.
public struct ServerLoad: Sendable {
    private let workload: Workload

    /// For how long.
    private let duration: Duration

    /// Reads of the blocks of `workload`, for so many seconds.
    public init(_ workload: Workload, seconds: Int) {
        self.workload = workload
        duration = .seconds(seconds)
    }

    private static let taskCount = 64
    private static let connectionCount = 2

    /// Downloads into an empty store in `directory` from the server that announced itself with `announcement`. Returns how many
    /// blocks were read; one that was read before does not come from the server again.
    public func run(_ announcement: String, into directory: String) async throws -> Int {
        let (endpoint, key) = try CorestoreContender.parse(announcement)
        let store = try await CorestoreContender().open(directory)
        let log = try await store.get(key: key)
        var connections: [ReplicationConnection] = []
        for _ in 0..<Self.connectionCount {
            connections.append(try await ReplicationClient().connect(to: endpoint, replicating: store))
        }
        let end = ContinuousClock.now + duration
        let readCount = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for task in 0..<Self.taskCount {
                tasks.addTask { [workload] in
                    var random = SeededNumbers(seed: UInt64(task))
                    var readCount = 0
                    while ContinuousClock.now < end {
                        _ = try await log.get(UInt64(random.next(below: workload.blockCount)))
                        readCount += 1
                    }
                    return readCount
                }
            }
            return try await tasks.reduce(0, +)
        }
        for connection in connections { await connection.close() }
        try await store.close()
        return readCount
    }
}
