import Synchronization

/// Bytes that several inboxes share: each is bounded by itself, and all of them together by this.
final class ByteBudget: Sendable {
    private let limit: Int
    private let taken = Atomic(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// The bytes that are taken.
    var takenByteCount: Int { taken.load(ordering: .relaxed) }

    /// Takes bytes, if there are as many left.
    func take(_ count: Int) -> Bool {
        if taken.add(count, ordering: .relaxed).newValue <= limit { return true }
        taken.subtract(count, ordering: .relaxed)
        return false
    }

    /// Gives bytes back.
    func give(_ count: Int) {
        taken.subtract(count, ordering: .relaxed)
    }
}
