/// The blocks that are under way, and whom they were asked of.
///
/// Most are asked of one peer. The few that are asked of more are kept apart, so that the many cost one entry each.
struct Flights {
    /// One request for a block.
    struct Flight: Equatable {
        let peer: PeerID
        let request: UInt64
    }

    private var first = IndexTable<Flight>()
    private var others: [UInt64: [Flight]] = [:]
    /// How many requests are under way, those that ask for the same block included.
    private(set) var count = 0

    mutating func add(_ flight: Flight, of block: UInt64) {
        count += 1
        guard let earlier = first.updateValue(flight, forKey: block) else { return }
        first[block] = earlier
        others[block, default: []].append(flight)
    }

    /// Removes a request that came to nothing. Returns whether the block is under way no more; false where the request was
    /// not known.
    mutating func remove(_ flight: Flight, of block: UInt64) -> Bool {
        guard let firstFlight = first[block] else { return false }
        guard var rest = others[block] else {
            guard firstFlight == flight else { return false }
            first[block] = nil
            count -= 1
            return true
        }
        if firstFlight == flight {
            first[block] = rest.removeLast()
        } else if let position = rest.firstIndex(of: flight) {
            rest.remove(at: position)
        } else {
            return false
        }
        others[block] = rest.isEmpty ? nil : rest
        count -= 1
        return false
    }

    /// Removes all requests for a block, and returns them.
    mutating func removeAll(of block: UInt64) -> [Flight] {
        guard let flight = first.removeValue(forKey: block) else { return [] }
        let all = [flight] + (others.removeValue(forKey: block) ?? [])
        count -= all.count
        return all
    }

    /// Removes all requests for a block of which `flight` was answered, and returns the others; `nil` where it was the only one.
    mutating func land(_ flight: Flight, of block: UInt64) -> [Flight]? {
        // By far the most common case.
        if others.isEmpty, let removed = first.removeValue(forKey: block) {
            count -= 1
            return removed == flight ? nil : [removed]
        }
        return removeAll(of: block).filter { $0 != flight }
    }

    /// Whether a block is under way.
    func contains(_ block: UInt64) -> Bool { first[block] != nil }

    /// Whether a block may be asked of one more peer, with at most `limit` in all.
    func allows(_ peer: PeerID, of block: UInt64, limit: Int) -> Bool {
        guard let flight = first[block] else { return true }
        let rest = others[block] ?? []
        return rest.count + 1 < limit && flight.peer != peer && !rest.contains { $0.peer == peer }
    }
}
