import Crypto
import SecretStream
import Synchronization

@testable import Hypercore

/// A time that moves when a test says so.
final class ManualClock: Sendable {
    // Ahead of the present, for the machine counts from when it is first asked.
    private let state = Mutex(ContinuousClock.now + .seconds(3600))

    var now: ContinuousClock.Instant { state.withLock { $0 } }

    func move(to time: ContinuousClock.Instant) { state.withLock { $0 = max($0, time) } }
}

/// Joins two streams in memory. Nothing moves by itself: ``settle()`` moves all there is, ``advance(by:)`` lets time pass,
/// both on the caller's thread.
final class ManualLink: Sendable {
    let clock: ManualClock
    let first: ReplicationStream
    let second: ReplicationStream
    private let ends: (ManualEnd, ManualEnd)

    /// - Parameter limit: after how many bytes in each direction the connection breaks.
    init(
        clock: ManualClock = ManualClock(), limit: Int = .max, isStarted: Bool = true,
        configuration: ReplicationStream.Configuration = .init()
    ) {
        self.clock = clock
        var configuration = configuration
        configuration.clock = { clock.now }
        first = ReplicationStream(role: .initiator, configuration: configuration)
        second = ReplicationStream(role: .responder, configuration: configuration)
        ends = (ManualEnd(limit: limit), ManualEnd(limit: limit))
        if isStarted { start() }
    }

    /// Two stores, joined.
    convenience init(_ first: TestStore, _ second: TestStore, clock: ManualClock = ManualClock(), limit: Int = .max) {
        self.init(clock: clock, limit: limit)
        first.registry.replicate(on: self.first)
        second.registry.replicate(on: self.second)
        settle()
    }

    func start() {
        first.start(on: ends.0)
        second.start(on: ends.1)
    }

    /// Starts the first stream alone: the other side of the connection is there, and silent.
    func startFirst() { first.start(on: ends.0) }

    /// Moves all there is, and what is sent in answer, until nothing moves any more.
    func settle() {
        while move(ends.0, to: second) || move(ends.1, to: first) {}
    }

    /// Moves whatever there is to move while `body` waits for it.
    func moving<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let mover = Task {
            while !Task.isCancelled {
                settle()
                await Task.yield()
            }
        }
        let result = await Result { try await body() }
        mover.cancel()
        await mover.value
        return try result.get()
    }

    private func move(_ end: ManualEnd, to stream: ReplicationStream) -> Bool {
        let (bytes, isOver) = end.take()
        if !bytes.isEmpty { stream.receive(bytes) }
        if isOver { stream.transportClosed(nil) }
        return !bytes.isEmpty || isOver
    }

    /// Lets time pass, with everything that falls due on the way.
    func advance(by time: Duration) {
        let target = clock.now + time
        settle()
        while let due = [first.nextDeadline, second.nextDeadline].compactMap(\.self).min(), due <= target {
            clock.move(to: max(due, clock.now + .milliseconds(1)))
            first.tick()
            second.tick()
            settle()
        }
        clock.move(to: target)
    }

    /// Whether what the first stream writes leaves at once.
    var firstIsWritable: Bool {
        get { ends.0.isWritable }
        set {
            ends.0.setWritable(newValue)
            if newValue { first.transportDrained() }
        }
    }

    /// In how many pieces the first stream has written so far.
    var firstWriteCount: Int { ends.0.writeCount }

    func cut() {
        ends.0.close()
        ends.1.close()
        settle()
    }
}

/// One direction.
private final class ManualEnd: StreamTransport {
    private struct State {
        var bytes: [UInt8] = []
        var isWritable = true
        var isClosed = false
        var isTold = false
        var writeCount = 0
        var rest: Int
    }

    private let state: Mutex<State>

    init(limit: Int) {
        state = Mutex(State(rest: limit))
    }

    /// What was written, and whether the other side has to be told now that nothing more comes.
    func take() -> (bytes: [UInt8], isOver: Bool) {
        state.withLock { state in
            defer {
                state.bytes = []
                state.isTold = state.isClosed
            }
            return (state.bytes, state.isClosed && !state.isTold)
        }
    }

    func write(_ bytes: [UInt8]) {
        state.withLock { state in
            guard !state.isClosed else { return }
            state.writeCount += 1
            state.bytes += bytes.prefix(state.rest)
            state.rest -= min(state.rest, bytes.count)
            if state.rest == 0 { state.isClosed = true }
        }
    }

    var isWritable: Bool { state.withLock { $0.isWritable } }
    var writeCount: Int { state.withLock { $0.writeCount } }
    func setWritable(_ isWritable: Bool) { state.withLock { $0.isWritable = isWritable } }
    func deadlineChanged() {}
    func close() { state.withLock { $0.isClosed = true } }
}

extension Result where Failure == any Error, Success: Sendable {
    /// What became of `body`.
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
