/// The open peers, in an order that does not depend on chance, each found by its id.
struct PeerTable {
    /// The peers. Changed in place; one that closes is replaced by the last.
    var all: [Peer] = []
    /// Their ids, in the same order.
    private var ids: [PeerID] = []
    private var positions: [PeerID: Int] = [:]

    /// Up to how many peers are looked through, which costs less than hashing.
    private static let fewCount = 16

    var count: Int { all.count }

    func position(of id: PeerID) -> Int? {
        ids.count <= Self.fewCount ? ids.firstIndex(of: id) : positions[id]
    }

    /// - Precondition: no open peer has this id.
    mutating func insert(_ peer: Peer) {
        precondition(positions[peer.id] == nil, "\(peer.id) is open already")
        positions[peer.id] = all.count
        all.append(peer)
        ids.append(peer.id)
    }

    mutating func remove(_ id: PeerID) -> Peer? {
        guard let position = positions.removeValue(forKey: id) else { return nil }
        all.swapAt(position, all.count - 1)
        ids.swapAt(position, ids.count - 1)
        ids.removeLast()
        let peer = all.removeLast()
        if position < all.count { positions[all[position].id] = position }
        return peer
    }
}
