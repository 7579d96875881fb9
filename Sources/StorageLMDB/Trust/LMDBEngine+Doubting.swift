public import StorageEngine

extension LMDBEngine: DoubtingEngine {
    /// Why what is stored may be older than what was acknowledged, as found when the engine was opened; `nil` where it
    /// cannot be, once that is settled, and in an engine that only reads.
    ///
    /// A store that was restored, moved to another disk or machine, or copied in any way but by renaming its directory,
    /// counts as `.copied`. After either finding the structure was checked, and is sound. What nobody can notice here is
    /// a disk or a virtual machine that went back as a whole.
    public var historyDoubt: HistoryDoubt? { trust?.doubt }

    /// The doubt is recorded or settled: the next opening does not report it again. Does nothing where there is none.
    ///
    /// - Throws: `.inputOutput`, `.full`, `.closed`.
    public func settleHistoryDoubt() throws(StorageError) {
        guard let trust, trust.doubt != nil else { return }
        try checkProcess()
        try trust.settle()
    }
}
