/// A dictionary from blocks or tree nodes to values, for the few that are under way.
///
/// The machine looks up some forty of them for each block that is replicated, so this costs what matters there: a multiplication
/// and mostly one place to look at, where the standard dictionary's keyed hash takes several times as long. Who pushes blocks of a
/// log of its own making chooses the keys, so where a key belongs depends on a number that nobody outside knows. What is made of
/// a table does not depend on the order of its places, so that runs of one seed are alike all the same.
///
/// Open addressing with linear probing, at most half full. A removed entry leaves no trace: those behind it move up.
struct IndexTable<Value> {
    /// Past every block and every node of a tree.
    private static var vacant: UInt64 { .max }
    private static var smallestCapacity: Int { 16 }

    /// As many as there are places, a power of two, or none.
    private var keys: [UInt64] = []
    private var slots: [Value?] = []
    /// What keeps the places of keys from being foretold.
    private let secret = processSecret
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    subscript(key: UInt64) -> Value? {
        get {
            guard count > 0 else { return nil }
            return slots[place(of: key)]
        }
        set {
            if let newValue { updateValue(newValue, forKey: key) } else { removeValue(forKey: key) }
        }
    }

    /// Sets a value, and returns the one that was there.
    @discardableResult
    mutating func updateValue(_ value: Value, forKey key: UInt64) -> Value? {
        precondition(key != Self.vacant, "\(key) is no place in a log")
        if 2 * (count + 1) > keys.count { grow() }
        let place = place(of: key)
        if keys[place] == Self.vacant {
            keys[place] = key
            count += 1
        }
        var value: Value? = value
        swap(&slots[place], &value)
        return value
    }

    @discardableResult
    mutating func removeValue(forKey key: UInt64) -> Value? {
        guard count > 0 else { return nil }
        var hole = place(of: key)
        guard let removed = slots[hole] else { return nil }
        count -= 1
        // Whoever was displaced past the hole, and may stand in it, does.
        let mask = keys.count - 1
        var next = (hole + 1) & mask
        while keys[next] != Self.vacant {
            let displacement = (next - home(of: keys[next])) & mask
            if displacement >= (next - hole) & mask {
                keys[hole] = keys[next]
                slots[hole] = slots[next]
                hole = next
            }
            next = (next + 1) & mask
        }
        keys[hole] = Self.vacant
        slots[hole] = nil
        return removed
    }

    // MARK: Places

    /// Where a key belongs.
    private func home(of key: UInt64) -> Int {
        // Twice, with a shift between: after one product alone, keys of a chosen distance would meet whatever the secret is.
        var mixed = (key ^ secret) &* 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ mixed >> 32) &* 0xd6e8_feb8_6659_fd93
        return Int(truncatingIfNeeded: mixed >> (64 - UInt64(keys.count.trailingZeroBitCount)))
    }

    /// Where a key is, or would be put. There is room.
    private func place(of key: UInt64) -> Int {
        let mask = keys.count - 1
        var place = home(of: key)
        while keys[place] != key, keys[place] != Self.vacant { place = (place + 1) & mask }
        return place
    }

    private mutating func grow() {
        let old = self
        let capacity = max(2 * old.keys.count, Self.smallestCapacity)
        keys = [UInt64](repeating: Self.vacant, count: capacity)
        slots = [Value?](repeating: nil, count: capacity)
        count = 0
        for place in old.keys.indices {
            if let value = old.slots[place] { updateValue(value, forKey: old.keys[place]) }
        }
    }
}

private let processSecret = UInt64.random(in: .min ... .max)

extension IndexTable: Sendable where Value: Sendable {}
