/// Reads everything that an environment's file refers to, and finds whether it can be used.
///
/// What it makes sure of: both headers are whole; every page that is referred to lies in the file, is of the right kind,
/// and is referred to once; free pages are not in use; nodes lie in their pages, and keys sort within and between them;
/// what LMDB has counted is there. It does not know what values mean, and a value whose bytes were changed passes:
/// that is for whoever has signatures or checksums.
///
/// It maps nothing and takes a bit of memory a page and some pages more, so it may run on any file. Nobody may write to
/// it meanwhile.
enum StructuralCheck {
    static func run(
        _ file: FileDescriptor, progress: ((StructuralCheckProgress) -> Void)? = nil
    ) throws(StructuralFinding) -> StructuralReport {
        let meta = try MetaPage.newest(in: file)
        let pages = try CheckedPages(file, meta, progress: progress)
        var tables: [StructuralReport.Table] = []
        try FreeListWalk(pages: pages).run()
        var directory = TreeWalk(.directory, meta.directory, pages) { page, node, _ throws(StructuralFinding) in
            guard node.flags == Node.treeFlag else { return }
            let name = String(decoding: page.bytes[node.key], as: UTF8.self)
            let record = TreeRecord(page.bytes, at: node.valueOffset)
            var table = TreeWalk(.table(name), record, pages) { _, _, _ in }
            try table.run()
            tables.append(StructuralReport.Table(name, record))
        }
        try directory.run()
        return StructuralReport(pages, tables)
    }

    /// Whether the pages that the file is too short for are all free, so that nobody reads them.
    ///
    /// Reads only the list of free pages.
    static func isTailFree(_ file: FileDescriptor, _ meta: MetaPage) throws(StructuralFinding) -> Bool {
        let pages = try CheckedPages(file, meta)
        try FreeListWalk(pages: pages).run()
        return pages.areMissingPagesClaimed
    }
}

extension StructuralReport {
    fileprivate init(_ pages: CheckedPages, _ tables: [Table]) {
        self.init(
            pageByteCount: pages.file.pageByteCount, pageCount: Int(pages.meta.lastPage) + 1,
            usedPageCount: pages.usedPageCount, freePageCount: pages.freePageCount,
            lostPageCount: pages.lostPageCount, lastTransaction: pages.meta.transaction, tables: tables)
    }
}

extension StructuralReport.Table {
    fileprivate init(_ name: String, _ record: TreeRecord) {
        self.init(
            name: name, entryCount: record.entryCount, depth: Int(record.depth),
            branchPageCount: record.branchPageCount, leafPageCount: record.leafPageCount,
            overflowPageCount: record.overflowPageCount)
    }
}
