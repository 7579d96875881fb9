import Hypercore
import Synchronization

/// One connection of a simulated network: two ends, and the bytes between them on their way.
final class SimulatedLink {
    /// How a connection behaves.
    struct Quality {
        /// How long a byte takes.
        var latency: Duration
        /// How many bytes pass in a millisecond, in each direction.
        var bytesPerMillisecond: Int
        /// After how many bytes the connection breaks.
        var byteLimit: Int
    }

    /// What is under way in one direction.
    private struct Way {
        var packets: [(due: ContinuousClock.Instant, bytes: [UInt8])] = []
        /// When the line has taken all that was written.
        var free: ContinuousClock.Instant?
        var isOver = false
    }

    let first: any SimulatedEnd
    let second: any SimulatedEnd
    private let outboxes = (Outbox(), Outbox())
    private var ways = (Way(), Way())
    private var quality: Quality
    private(set) var isCut = false

    init(_ first: any SimulatedEnd, _ second: any SimulatedEnd, _ quality: Quality) {
        (self.first, self.second, self.quality) = (first, second, quality)
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
        if !bytes.isEmpty, !way.isOver {
            let start = max(now, way.free ?? now)
            let end = start + .milliseconds(bytes.count / quality.bytesPerMillisecond)
            way.free = end
            way.packets.append((end + quality.latency, Array(bytes.prefix(quality.byteLimit))))
            quality.byteLimit -= min(quality.byteLimit, bytes.count)
        }
        if isClosed || quality.byteLimit == 0 { way.isOver = true }
    }

    /// When something arrives next, or one of the ends has something to do.
    var nextDue: ContinuousClock.Instant? {
        guard !isCut else { return nil }
        return [ways.0.packets.first?.due, ways.1.packets.first?.due, first.nextDeadline, second.nextDeadline]
            .compactMap(\.self).min()
    }

    /// Lets arrive what is due, and each end do what is due.
    func advance(to now: ContinuousClock.Instant) {
        guard !isCut else { return }
        deliver(&ways.0, to: second, now: now)
        deliver(&ways.1, to: first, now: now)
        for end in [first, second] where end.nextDeadline.map({ $0 <= now }) ?? false { end.tick() }
        collect(now: now)
        if [ways.0, ways.1].contains(where: { $0.isOver && $0.packets.isEmpty }) { cut() }
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
        first.transportClosed(nil)
        second.transportClosed(nil)
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
