import Synchronization

/// What has arrived for somebody who reads it at their own pace: bounded in bytes, in order, each element for one reader.
///
/// Whoever delivers may hold a lock: nobody is resumed before the ``Wake`` that comes back is called.
final class Inbox<Element: Sendable>: Sendable {
    /// What an element costs beside its own bytes, so that many empty ones are not free.
    static var overheadByteCount: Int { 64 }

    private typealias Reader = CheckedContinuation<Element?, any Error>

    private struct State {
        var elements = ByteQueue<Element>()
        var readers: [(id: UInt64, reader: Reader)] = []
        var nextReader: UInt64 = 0
        var end: Result<Element?, any Error>?
        var droppedCount: UInt64 = 0
    }

    /// How many bytes may wait. An element that finds nothing before it is taken whatever its size, so that what is held
    /// is never more than the larger of this and one element.
    let byteLimit: Int
    /// What it shares with other inboxes; without room there, nothing is taken.
    private let budget: ByteBudget?
    private let state = Mutex(State())

    init(byteLimit: Int, sharing budget: ByteBudget? = nil) {
        self.byteLimit = byteLimit
        self.budget = budget
    }

    deinit {
        budget?.give(state.withLock { $0.elements.byteCount })
    }

    /// How many elements had to give way to later ones.
    var droppedCount: UInt64 { state.withLock { $0.droppedCount } }

    /// How many readers wait.
    var readerCount: Int { state.withLock { $0.readers.count } }

    /// The bytes that wait, overheads included.
    var byteCount: Int { state.withLock { $0.elements.byteCount } }
}

// MARK: - Delivering

extension Inbox {
    /// What became of an element.
    enum Delivery {
        /// It waits, or goes to the reader whom this wakes.
        case taken(Wake?)
        /// There is no room for it.
        case full
    }

    /// Takes in an element if there is room for it. After the end, it is dropped.
    func deliver(_ element: Element, byteCount: Int) -> Delivery {
        state.withLock { state in
            if let reader = Self.reader(for: element, in: &state) { return .taken(reader) }
            let cost = byteCount + Self.overheadByteCount
            guard state.end == nil else { return .taken(nil) }
            guard hasRoom(for: cost, in: state), budget?.take(cost) ?? true else { return .full }
            state.elements.append(element, byteCount: cost)
            return .taken(nil)
        }
    }

    /// Takes in an element, of an inbox that shares no budget; the oldest ones make room for it, and are let go of by the ``Wake``.
    func deliverDroppingOldest(_ element: Element, byteCount: Int) -> Wake? {
        state.withLock { state -> Wake? in
            if let reader = Self.reader(for: element, in: &state) { return reader }
            guard state.end == nil else { return nil }
            let cost = byteCount + Self.overheadByteCount
            var dropped: [Element] = []
            while !hasRoom(for: cost, in: state), let oldest = state.elements.popFirst() { dropped.append(oldest) }
            state.elements.append(element, byteCount: cost)
            state.droppedCount += UInt64(dropped.count)
            // What an element refers to may act when it goes, so it must not go under the locks that are held here.
            guard !dropped.isEmpty else { return nil }
            return { [dropped] in withExtendedLifetime(dropped) {} }
        }
    }

    private func hasRoom(for cost: Int, in state: State) -> Bool {
        state.elements.isEmpty || state.elements.byteCount + cost <= byteLimit
    }

    private static func reader(for element: Element, in state: inout State) -> Wake? {
        guard state.end == nil, !state.readers.isEmpty else { return nil }
        let reader = state.readers.removeFirst().reader
        return { reader.resume(returning: element) }
    }

    /// Ends it, the first time that it is called. What waits can still be read; after that, readers get `nil`, or `error`.
    func finish(throwing error: (any Error)? = nil) -> Wake? {
        state.withLock { state in
            guard state.end == nil else { return nil }
            let end: Result<Element?, any Error> = error.map { .failure($0) } ?? .success(nil)
            state.end = end
            guard !state.readers.isEmpty else { return nil }
            let readers = state.readers.map(\.reader)
            state.readers = []
            return { for reader in readers { reader.resume(with: end) } }
        }
    }
}

// MARK: - Reading

extension Inbox {
    /// The next element, as soon as there is one; `nil` at the end.
    ///
    /// - Throws: what it was ended with; `CancellationError`.
    func next() async throws -> Element? {
        let (ready, id) = state.withLock { state in
            state.nextReader += 1
            return (self.ready(in: &state), state.nextReader)
        }
        if let ready { return try ready.get() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (reader: Reader) in
                let ready: Result<Element?, any Error>? = state.withLock { state in
                    if let ready = self.ready(in: &state) { return ready }
                    if Task.isCancelled { return .failure(CancellationError()) }
                    state.readers.append((id, reader))
                    return nil
                }
                if let ready { reader.resume(with: ready) }
            }
        } onCancel: {
            let reader: Reader? = state.withLock { state in
                guard let position = state.readers.firstIndex(where: { $0.id == id }) else { return nil }
                return state.readers.remove(at: position).reader
            }
            reader?.resume(throwing: CancellationError())
        }
    }

    private func ready(in state: inout State) -> Result<Element?, any Error>? {
        let before = state.elements.byteCount
        guard let first = state.elements.popFirst() else { return state.end }
        budget?.give(before - state.elements.byteCount)
        return .success(first)
    }
}

/// Elements in order, with the bytes that they cost together. One that is taken out is let go of at once.
struct ByteQueue<Element: Sendable>: Sendable {
    private var entries: [(element: Element, byteCount: Int)?] = []
    private var head = 0
    private(set) var byteCount = 0

    var isEmpty: Bool { head == entries.count }

    mutating func append(_ element: Element, byteCount: Int) {
        entries.append((element, byteCount))
        self.byteCount += byteCount
    }

    mutating func popFirst() -> Element? {
        guard head < entries.count, let first = entries[head] else { return nil }
        entries[head] = nil
        head += 1
        byteCount -= first.byteCount
        if head > 32, head > entries.count / 2 {
            entries.removeSubrange(..<head)
            head = 0
        }
        return first.element
    }
}
