import Synchronization

/// What callbacks have left for a test to look at.
final class Collected<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])

    var all: [Element] { elements.withLock { $0 } }
    func add(_ element: Element) { elements.withLock { $0.append(element) } }

    /// Lets go of everything.
    func removeAll() {
        // Outside the lock: what is let go of may act.
        let removed = elements.withLock { elements in
            defer { elements = [] }
            return elements
        }
        withExtendedLifetime(removed) {}
    }
}
