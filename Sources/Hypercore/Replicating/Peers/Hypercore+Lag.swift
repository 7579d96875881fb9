import Replication

extension Hypercore {
    /// How many blocks the log is behind the longest of its peers, as far as those of our fork have told; 0 where there are
    /// none. It says nothing about blocks below the length that are not here.
    public var lag: UInt64 {
        let (length, fork) = (length, fork)
        let longest = peers.compactMap(\.status).filter { $0.fork == fork }.map(\.length).max() ?? 0
        return longest > length ? longest - length : 0
    }
}
