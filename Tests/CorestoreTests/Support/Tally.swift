import Synchronization

/// A count that many threads add to.
final class Tally: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .acquiring) }

    func add(_ more: Int = 1) { count.add(more, ordering: .acquiringAndReleasing) }
}
