import Corestore
import Crypto
import Hypercore

/// What a peer says to a core that it is offered.
enum PeerAnswer {
    case has
    case refuses
    /// Nothing in time.
    case silent
}

/// A core that a peer is asked for, with all that happens to it from before the first moment on.
struct SoughtCore: Sendable {
    let core: Hypercore
    let events: CoreEvents
    /// Whether nothing of it was stored before.
    let isNew: Bool
    /// Through which the events come.
    private let listener: Hypercore

    /// How long a peer may take to say whether it has a core.
    private static let answerTimeout = Duration.seconds(10)

    /// Opens the core of `key`, and offers it to the peers of `store`.
    init(_ key: CoreKey, in store: Corestore) async throws {
        isNew = try store.info(of: key.discoveryKey) == nil
        // A session that is not active tells no peer of the core, so that their answers cannot come before the events
        // are listened to.
        listener = try await store.get(key: key, options: SessionOptions(isActive: false))
        events = listener.events
        core = try await store.get(key: key)
    }

    /// Waits until a peer says whether it has the core.
    ///
    /// - Throws: `CancellationError`, also where the core is closed.
    func answer() async throws -> PeerAnswer {
        try await withThrowingTaskGroup(of: PeerAnswer.self) { group in
            group.addTask { try await firstAnswer() }
            group.addTask {
                try await Task.sleep(for: Self.answerTimeout)
                return .silent
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { preconditionFailure("two tasks ended without a result") }
            return answer
        }
    }

    private func firstAnswer() async throws -> PeerAnswer {
        // One that asked for the core itself may be here already.
        if core.peerCount > 0 { return .has }
        for await event in events {
            switch event {
            case .peerAdded: return .has
            case .peerRefused: return .refuses
            default: continue
            }
        }
        throw CancellationError()
    }

    /// Lets go of the core.
    func close() async {
        await core.close()
        await listener.close()
    }

    /// Lets go of a core that nobody had: the store is left as it was.
    func abandon() async throws {
        if isNew, core.length == 0 { try await core.purge() }
        await close()
    }
}
