import Synchronization

@testable import Hypercore

/// Joins a stream and a played peer in memory. Nothing moves by itself: ``step()`` moves all there is, on the caller's
/// thread.
final class SteppedLink: Sendable {
    private enum Item {
        /// Bytes for the peer, and how many heads were on disk when the stream wrote them.
        case toPeer([UInt8], headCount: Int)
        case toStream([UInt8])
    }

    private struct State {
        var items: [Item] = []
        var isMoving = false
        var headCount = 0
    }

    private let stream: ReplicationStream
    private let peer: ScriptedPeer
    private let ledger: HeadLedger
    private let state = Mutex(State())

    init(_ stream: ReplicationStream, _ peer: ScriptedPeer, _ ledger: HeadLedger) {
        (self.stream, self.peer, self.ledger) = (stream, peer, ledger)
        stream.start(on: End { [weak self] in self?.add(.toPeer($0, headCount: ledger.heads.count)) })
        peer.start(on: End { [weak self] in self?.add(.toStream($0)) })
    }

    /// While the peer hears something: how many heads were on disk when it was sent.
    var headCount: Int { state.withLock { $0.headCount } }

    /// Moves everything, what is sent in answer included. A step within a step is part of it.
    func step() {
        guard state.withLock({ state in (state.isMoving, state.isMoving = true).0 }) == false else { return }
        while let item = next() {
            switch item {
            case .toPeer(let bytes, _): peer.receive(bytes)
            case .toStream(let bytes): stream.receive(bytes)
            }
        }
    }

    private func add(_ item: Item) { state.withLock { $0.items.append(item) } }

    private func next() -> Item? {
        state.withLock { state in
            guard !state.items.isEmpty else {
                state.isMoving = false
                return nil
            }
            let item = state.items.removeFirst()
            if case .toPeer(_, let headCount) = item { state.headCount = headCount }
            return item
        }
    }
}

/// What one side writes on.
private struct End: StreamTransport {
    let add: @Sendable ([UInt8]) -> Void

    func write(_ bytes: [UInt8]) { add(bytes) }
    var isWritable: Bool { true }
    func deadlineChanged() {}
    func close() {}
}
