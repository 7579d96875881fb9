/// The seals of a group that wait to be made: for each key the last accepted one.
struct PendingSeals {
    struct Key: Hashable {
        let table: Table
        let bytes: [UInt8]
    }

    /// One key's seal, and the sets of the group that put it or an earlier one there: they stand and fall together.
    struct Pending {
        let key: Key
        var seal: any Seal
        var sets: [Int]
    }

    /// In the order in which the keys were first sealed, so that a group is applied the same way every time.
    private(set) var inOrder: [Pending] = []
    private var places: [Key: Int] = [:]

    var isEmpty: Bool { inOrder.isEmpty }

    subscript(key: Key) -> Pending? {
        places[key].map { inOrder[$0] }
    }

    /// Puts `seal` in place of an earlier one under its key.
    mutating func replace(_ key: Key, with seal: any Seal, of set: Int) {
        if let place = places[key] {
            inOrder[place].seal = seal
            if inOrder[place].sets.last != set { inOrder[place].sets.append(set) }
        } else {
            places[key] = inOrder.count
            inOrder.append(Pending(key: key, seal: seal, sets: [set]))
        }
    }

    /// Forgets a key's seal: something else is stored there now.
    mutating func remove(_ key: Key) {
        guard places[key] != nil else { return }
        keep { $0 != key }
    }

    /// Forgets the seals under keys of `range`.
    mutating func remove(_ table: Table, _ range: KeyRange) {
        keep { $0.table != table || !range.contains($0.bytes) }
    }

    private mutating func keep(where isKept: (Key) -> Bool) {
        inOrder.removeAll { !isKept($0.key) }
        places = [:]
        for (place, pending) in inOrder.enumerated() { places[pending.key] = place }
    }
}
