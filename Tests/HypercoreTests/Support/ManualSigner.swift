import CompactEncoding
import Crypto
import Synchronization

@testable import Hypercore

/// A signer that answers when a test tells it to.
final class ManualSigner: AsyncSigner {
    private struct Request {
        let message: [UInt8]
        let continuation: CheckedContinuation<Bytes64, any Error>
    }

    private struct State {
        var pending: [Request] = []
        var askedLengths: [UInt64] = []
        var observers: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    struct Refusal: Error {}

    let keyPair: KeyPair
    private let state = Mutex(State())

    init(_ keyPair: KeyPair = KeyPair()) {
        self.keyPair = keyPair
    }

    var publicKey: PublicKey { keyPair.publicKey }

    /// The lengths of the logs that signatures were asked for, in order.
    var askedLengths: [UInt64] { state.withLock { $0.askedLengths } }

    /// Waits for its answer whatever happens: it ignores that it is cancelled.
    func sign(_ message: [UInt8]) async throws -> Bytes64 {
        try await withCheckedThrowingContinuation { continuation in
            let reached = state.withLock { state in
                state.pending.append(Request(message: message, continuation: continuation))
                state.askedLengths.append(Self.length(in: message))
                let count = state.askedLengths.count
                defer { state.observers.removeAll { $0.count <= count } }
                return state.observers.filter { $0.count <= count }
            }
            for observer in reached { observer.continuation.resume() }
        }
    }

    /// Returns when so many signatures have been asked for, all told.
    func asked(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = state.withLock { state in
                if state.askedLengths.count >= count { return true }
                state.observers.append((count, continuation))
                return false
            }
            if isReached { continuation.resume() }
        }
    }

    /// Answers the oldest question: with the signature, or with what `answer` makes of it.
    func answer(_ answer: (Bytes64) throws -> Bytes64 = { $0 }) {
        let request = state.withLock { $0.pending.removeFirst() }
        request.continuation.resume(with: Result { try answer(keyPair.sign(request.message)) })
    }

    func refuse() { answer { _ in throw Refusal() } }

    /// What is signed ends with the length and the fork (PROTOCOL §3).
    private static func length(in message: [UInt8]) -> UInt64 {
        message.dropLast(8).suffix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

/// A signer that answers at once, but not always.
struct MoodySigner: AsyncSigner {
    let keyPair: KeyPair
    /// Whether the signature of this ordinal, from 0 on, is made.
    let isMade: @Sendable (Int) -> Bool
    private let count = Counter()

    init(_ keyPair: KeyPair = KeyPair(), isMade: @escaping @Sendable (Int) -> Bool = { _ in true }) {
        self.keyPair = keyPair
        self.isMade = isMade
    }

    var publicKey: PublicKey { keyPair.publicKey }
    var askedCount: Int { count.value }

    func sign(_ message: [UInt8]) async throws -> Bytes64 {
        await Task.yield()
        guard isMade(count.next()) else { throw ManualSigner.Refusal() }
        return keyPair.sign(message)
    }
}

/// Counts.
final class Counter: Sendable {
    private let state = Atomic(0)

    var value: Int { state.load(ordering: .relaxed) }
    @discardableResult
    func next() -> Int { state.add(1, ordering: .relaxed).oldValue }
}

/// A deadline that passes when a test says so.
final class ManualDeadline: Sendable {
    private let continuations = Mutex<[AsyncStream<Void>.Continuation]>([])

    var deadline: SigningDeadline {
        SigningDeadline { [self] in
            let (passing, continuation) = AsyncStream<Void>.makeStream()
            continuations.withLock { $0.append(continuation) }
            var iterator = passing.makeAsyncIterator()
            if await iterator.next() == nil { throw CancellationError() }
        }
    }

    /// How many signatures have been waited for.
    var count: Int { continuations.withLock { $0.count } }

    /// Lets the time for all signatures that are waited for pass.
    func pass() {
        for continuation in continuations.withLock({ $0 }) { continuation.yield() }
    }
}
