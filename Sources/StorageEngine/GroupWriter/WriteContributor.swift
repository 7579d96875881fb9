import Synchronization

/// Somebody with whom writes gather, and who queues them when the writer is about to begin with a group: as few sets, as late as
/// can be.
///
/// A set that is queued is made. What comes a moment later to the same place is another set in the same group, and costs as much
/// again; and to hold it up until the group before is done would cost it a sync. See ``GroupWriter/ask(_:)``.
public protocol WriteContributor: AnyObject, Sendable {
    /// Queues what has gathered, if anything has.
    ///
    /// Called on the committing thread, outside all locks, before the group is taken out of the queue. Keep it short: the disk
    /// waits for it.
    func contribute()
}

extension GroupWriter {
    /// Has `contributor` asked once, before the next group is begun. It does nothing else, so it may be called under a lock; call
    /// ``drive()`` afterwards.
    public func ask(_ contributor: some WriteContributor) {
        queue.withLock { $0.contributors.append(contributor) }
    }
}
