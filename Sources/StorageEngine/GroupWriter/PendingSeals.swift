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
        let firstSet: Int
        var laterSets: [Int] = []

        var sets: [Int] { [firstSet] + laterSets }
    }

    /// In the order in which the keys were first sealed, so that a group is applied the same way every time.
    private(set) var inOrder: [Pending] = []
    /// Where the keys are, once there are so many that looking for one takes longer than hashing it.
    private var places: [Key: Int] = [:]
    private static let searchedCount = 8

    var isEmpty: Bool { inOrder.isEmpty }

    subscript(key: Key) -> Pending? {
        place(of: key).map { inOrder[$0] }
    }

    private func place(of key: Key) -> Int? {
        inOrder.count > Self.searchedCount ? places[key] : inOrder.firstIndex { $0.key == key }
    }

    /// Puts `seal` in place of an earlier one under its key.
    mutating func replace(_ key: Key, with seal: any Seal, of set: Int) {
        if let place = place(of: key) {
            inOrder[place].seal = seal
            let lastSet = inOrder[place].laterSets.last ?? inOrder[place].firstSet
            if lastSet != set { inOrder[place].laterSets.append(set) }
        } else {
            inOrder.append(Pending(key: key, seal: seal, firstSet: set))
            if inOrder.count > Self.searchedCount + 1 {
                places[key] = inOrder.count - 1
            } else if inOrder.count == Self.searchedCount + 1 {
                notePlaces()
            }
        }
    }

    /// Forgets a key's seal: something else is stored there now.
    mutating func remove(_ key: Key) {
        guard place(of: key) != nil else { return }
        keep { $0 != key }
    }

    /// Forgets the seals under keys of `range`.
    mutating func remove(_ table: Table, _ range: KeyRange) {
        keep { $0.table != table || !range.contains($0.bytes) }
    }

    private mutating func keep(where isKept: (Key) -> Bool) {
        inOrder.removeAll { !isKept($0.key) }
        places = [:]
        if inOrder.count > Self.searchedCount { notePlaces() }
    }

    private mutating func notePlaces() {
        for (place, pending) in inOrder.enumerated() { places[pending.key] = place }
    }
}
