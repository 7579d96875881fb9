/// Channel numbers in the order of their opens.
///
/// Opens of one key match first come, first served, but any of them may be withdrawn at any time and by the other side's
/// choice, thousands at once. So one in the middle is only marked, found by its serial number, and the marked ones are
/// swept once they are the majority: constant time each, however they are picked.
struct OpenQueue: Sendable {
    private struct Entry {
        let serial: UInt64
        let id: UInt64
        var isWithdrawn = false
    }

    /// Ascending by serial number.
    private var entries: [Entry] = []
    private var head = 0
    /// How many wait.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Adds a number. `serial` is above that of every earlier one.
    mutating func append(id: UInt64, serial: UInt64) {
        entries.append(Entry(serial: serial, id: id))
        count += 1
    }

    /// Takes out the number that has waited longest.
    mutating func popFirst() -> UInt64? {
        while head < entries.count {
            let entry = entries[head]
            head += 1
            guard !entry.isWithdrawn else { continue }
            count -= 1
            sweep()
            return entry.id
        }
        return nil
    }

    /// Takes out the number that was added under `serial`.
    mutating func remove(serial: UInt64) {
        var low = head
        var high = entries.count
        while low < high {
            let middle = low + (high - low) / 2
            if entries[middle].serial < serial { low = middle + 1 } else { high = middle }
        }
        guard low < entries.count, entries[low].serial == serial, !entries[low].isWithdrawn else { return }
        entries[low].isWithdrawn = true
        count -= 1
        sweep()
    }

    private mutating func sweep() {
        guard entries.count > 2 * count + 8 else { return }
        entries.removeSubrange(..<head)
        entries.removeAll(where: \.isWithdrawn)
        head = 0
    }
}
