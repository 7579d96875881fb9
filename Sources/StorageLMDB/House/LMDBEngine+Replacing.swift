import StorageEngine

// CALL-OUTS: what is recorded about an environment outside of it (the identity of its file) is brought up to date here.
extension LMDBEngine {
    /// `new` is complete and on the disk, and the pointer is about to name it. From here on a crash may leave either
    /// environment as the current one.
    ///
    /// - Throws: then the compaction is given up, and the store is as it was.
    func environmentWillBeReplaced(by new: Attachment) throws(StorageError) {
    }

    /// The pointer names `new`, also on the disk; nobody has written to it yet.
    func environmentReplaced(by new: Attachment) {
    }
}
