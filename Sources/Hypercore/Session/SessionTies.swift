import Synchronization

/// What of a session has to be let go of when it closes, or is dropped: that its log is wanted, and its extensions.
final class SessionTies: Sendable {
    /// Whether the session makes its log wanted.
    let isActive: Bool
    private let core: Core
    private let over = Atomic(false)

    init(_ core: Core, isActive: Bool) {
        self.core = core
        self.isActive = isActive
        if isActive { core.beginActivity() }
    }

    deinit {
        end()
    }

    var isOver: Bool { over.load(ordering: .acquiring) }

    /// Lets go; the first time that it is called.
    func end() {
        guard !over.exchange(true, ordering: .acquiringAndReleasing) else { return }
        if isActive { core.endActivity() }
        core.unregisterExtensions(of: self)
    }
}
