import StorageEngine

// CALL-OUTS: what is recorded about an environment outside of it (the identity of its file) is brought up to date here.
extension LMDBEngine {
    /// `new`, which comes after `old`, is complete and on the disk, and the pointer is about to name it. From here on a crash may leave either
    /// environment as the current one.
    ///
    /// - Throws: then the compaction is given up, and the store is as it was.
    func environmentWillBeReplaced(_ old: Attachment, by new: Attachment) throws(StorageError) {
        try trust?.willReplaceData(old.file, by: new.file)
    }

    /// The pointer names `new`, also on the disk; nobody has written to it yet.
    func environmentReplaced(by new: Attachment) {
        // Where this fails, both files are trusted until the next opening.
        try? trust?.didReplaceData(by: new.file)
    }
}
