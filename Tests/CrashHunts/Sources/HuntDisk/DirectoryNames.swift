/// The names of all directories: what is certainly on the disk, and what happened to them since.
struct DirectoryNames: Sendable {
    /// A change of names that is on the disk whole or not at all.
    struct Change: Sendable {
        let time: Int
        /// The directories whose sync brings it to the disk.
        let directories: Set<Inode>
        let apply: @Sendable (inout [Inode: [String: Inode]]) -> Void
    }

    private(set) var synced: [Inode: [String: Inode]] = [:]
    private(set) var later: [Change] = []

    mutating func add(_ change: Change) { later.append(change) }

    /// What happened in `directory` until `time` is on the disk.
    mutating func sync(_ directory: Inode, upTo time: Int) {
        let isSettled = { (change: Change) in change.time <= time && change.directories.contains(directory) }
        for change in later where isSettled(change) { change.apply(&synced) }
        later.removeAll(where: isSettled)
    }

    /// The names after those changes that `isThere` says yes to.
    func names(where isThere: (_ position: Int) -> Bool) -> [Inode: [String: Inode]] {
        var names = synced
        for (position, change) in later.enumerated() where isThere(position) { change.apply(&names) }
        return names
    }
}
