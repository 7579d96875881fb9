/// A queue: first in, first out, each in constant time.
///
/// An array with a moving head. What was taken is let go of once it is more than half of the array, so that moving the
/// rest to the front costs no more than the taking did.
struct FIFO<Element> {
    private var elements: [Element] = []
    private var head = 0

    var count: Int { elements.count - head }

    var isEmpty: Bool { head == elements.count }

    var first: Element? { isEmpty ? nil : elements[head] }

    mutating func append(_ element: Element) {
        elements.append(element)
    }

    mutating func popFirst() -> Element? {
        guard let element = first else { return nil }
        head += 1
        if head == elements.count {
            elements.removeAll(keepingCapacity: elements.count <= 64)
            head = 0
        } else if head >= 64, head > elements.count / 2 {
            elements.removeFirst(head)
            head = 0
        }
        return element
    }

    mutating func removeAll(where isObsolete: (Element) -> Bool) {
        elements.removeFirst(head)
        head = 0
        elements.removeAll(where: isObsolete)
    }
}

extension FIFO: Sendable where Element: Sendable {}
