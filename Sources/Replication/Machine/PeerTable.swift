/// The open peers, in an order that does not depend on chance, each found by its id.
struct PeerTable {
    /// The peers. Changed in place; one that closes is replaced by the last.
    var all: [Peer] = []
    private var positions: [PeerID: Int] = [:]

    var count: Int { all.count }

    func position(of id: PeerID) -> Int? { positions[id] }

    /// - Precondition: no open peer has this id.
    mutating func insert(_ peer: Peer) {
        precondition(positions[peer.id] == nil, "\(peer.id) is open already")
        positions[peer.id] = all.count
        all.append(peer)
    }

    mutating func remove(_ id: PeerID) -> Peer? {
        guard let position = positions.removeValue(forKey: id) else { return nil }
        all.swapAt(position, all.count - 1)
        let peer = all.removeLast()
        if position < all.count { positions[all[position].id] = position }
        return peer
    }
}
