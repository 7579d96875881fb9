import Synchronization

@testable import Hypercore

/// One connection of a simulated network: two streams, and the bytes between them on their way.
final class SimulatedLink {
    /// What is under way in one direction.
    private struct Way {
        var packets: [(due: ContinuousClock.Instant, bytes: [UInt8])] = []
        var isOver = false
    }

    let ends: (first: any SimulatedEnd, second: any SimulatedEnd)
    private let outboxes: (Outbox, Outbox)
    private var ways = (Way(), Way())
    /// How long a packet takes.
    private let latency: Duration
    /// After how many more bytes the connection breaks.
    private var rest: Int
    private(set) var isCut = false

    init(_ first: any SimulatedEnd, _ second: any SimulatedEnd, latency: Duration, byteLimit: Int) {
        ends = (first, second)
        outboxes = (Outbox(), Outbox())
        self.latency = latency
        rest = byteLimit
        first.start(on: outboxes.0)
        second.start(on: outboxes.1)
    }

    /// Puts what was written on its way.
    func collect(now: ContinuousClock.Instant) {
        collect(outboxes.0, into: &ways.0, now: now)
        collect(outboxes.1, into: &ways.1, now: now)
    }

    private func collect(_ outbox: Outbox, into way: inout Way, now: ContinuousClock.Instant) {
        let (bytes, isClosed) = outbox.take()
        if !bytes.isEmpty, !way.isOver { way.packets.append((now + latency, Array(bytes.prefix(rest)))) }
        rest -= min(rest, bytes.count)
        if isClosed || rest == 0 { way.isOver = true }
    }

    /// When something arrives next, or one of the ends has something to do.
    var nextDue: ContinuousClock.Instant? {
        guard !isCut else { return nil }
        return [
            ways.0.packets.first?.due, ways.1.packets.first?.due, ends.first.nextDeadline, ends.second.nextDeadline,
        ]
        .compactMap(\.self).min()
    }

    /// Lets arrive what is due, and each end do what is due.
    func advance(to now: ContinuousClock.Instant) {
        guard !isCut else { return }
        deliver(&ways.0, to: ends.second, now: now)
        deliver(&ways.1, to: ends.first, now: now)
        for end in [ends.first, ends.second] where end.nextDeadline.map({ $0 <= now }) ?? false { end.tick() }
        collect(now: now)
        if ways.0.isOver && ways.0.packets.isEmpty || ways.1.isOver && ways.1.packets.isEmpty { cut() }
    }

    private func deliver(_ way: inout Way, to end: any SimulatedEnd, now: ContinuousClock.Instant) {
        while let packet = way.packets.first, packet.due <= now {
            way.packets.removeFirst()
            end.receive(packet.bytes)
        }
    }

    /// Breaks the connection: what is under way is lost.
    func cut() {
        guard !isCut else { return }
        isCut = true
        ends.first.transportClosed(nil)
        ends.second.transportClosed(nil)
    }

    /// Where an end writes.
    private final class Outbox: StreamTransport {
        private let state = Mutex((bytes: [UInt8](), isClosed: false))

        func take() -> (bytes: [UInt8], isClosed: Bool) {
            state.withLock { state in
                defer { state.bytes = [] }
                return state
            }
        }

        func write(_ bytes: [UInt8]) { state.withLock { $0.bytes += bytes } }
        var isWritable: Bool { true }
        func deadlineChanged() {}
        func close() { state.withLock { $0.isClosed = true } }
    }
}

/// Whoever speaks over a simulated connection.
protocol SimulatedEnd: AnyObject {
    func start(on transport: any StreamTransport)
    func receive(_ bytes: [UInt8])
    func transportClosed(_ error: (any Error)?)
    func tick()
    var nextDeadline: ContinuousClock.Instant? { get }
}

extension ReplicationStream: SimulatedEnd {}

extension ScriptedPeer: SimulatedEnd {
    func tick() {}
    var nextDeadline: ContinuousClock.Instant? { nil }
}
