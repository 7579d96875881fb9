/// The pages of an environment, each of which is read once: whoever reads a page claims it.
///
/// So nothing is walked in circles, however the pages refer to each other, and the memory for it is a bit a page.
final class CheckedPages {
    /// A file may end before its last page where a commit has freed the pages after its end. One commit leaves no more
    /// than these.
    private static let maximumMissingPageCount: UInt64 = 1 << 24
    private static let progressInterval = 1024

    let file: PageFile
    let meta: MetaPage
    private var claims: Claims
    private(set) var freePageCount = 0
    private(set) var usedPageCount = 2
    private let progress: ((StructuralCheckProgress) -> Void)?

    init(
        _ descriptor: FileDescriptor, _ meta: MetaPage, progress: ((StructuralCheckProgress) -> Void)? = nil
    ) throws(StructuralFinding) {
        file = PageFile(descriptor, pageByteCount: meta.pageByteCount)
        self.meta = meta
        self.progress = progress
        guard meta.lastPage < file.pageCount + Self.maximumMissingPageCount else {
            throw StructuralFinding(flaw: .impossibleLength(lastPage: meta.lastPage))
        }
        claims = Claims(count: Int(meta.lastPage) + 1)
        _ = claims.claim(0..<2)
    }

    /// Pages that are neither used nor free: LMDB would never use them again.
    var lostPageCount: Int { claims.count - claims.claimedCount }

    /// Whether all pages that the file is too short for were claimed. Only free ones can be: reading one throws.
    var areMissingPagesClaimed: Bool { claims.firstUnclaimed(from: Int(min(file.pageCount, meta.lastPage + 1))) == nil }

    func read(_ number: UInt64) throws(StructuralFinding) -> Page {
        try use(number, count: 1)
        return try file.page(number)
    }

    /// Claims the overflow pages of a value, and checks the header of the first; the others have none.
    ///
    /// - Returns: how many there are. There may be more than the value needs, after it was replaced by a shorter one.
    func readOverflow(of node: Node, in page: Page) throws(StructuralFinding) -> UInt64 {
        let number = page.load(node.valueOffset, as: UInt64.self)
        guard number >= 2, number <= meta.lastPage else {
            throw StructuralFinding(flaw: .outOfRange, page: number)
        }
        let first = Page(number: number, bytes: try file.bytes(ofPage: number, count: Page.headerByteCount))
        try first.check(.overflow)
        let needed = UInt64((Page.headerByteCount + node.valueByteCount + file.pageByteCount - 1) / file.pageByteCount)
        guard first.overflowPageCount >= needed else {
            throw first.finding(.tooFewOverflowPages(first.overflowPageCount, needed: needed))
        }
        try use(number, count: UInt64(first.overflowPageCount))
        return UInt64(first.overflowPageCount)
    }

    /// Claims a page that the list of free pages names.
    func free(_ number: UInt64) throws(StructuralFinding) {
        guard number >= 2, number <= meta.lastPage else { throw StructuralFinding(flaw: .freePageOutOfRange(number)) }
        try claim(Int(number)..<Int(number) + 1)
        freePageCount += 1
    }

    private func use(_ number: UInt64, count: UInt64) throws(StructuralFinding) {
        guard number >= 2, number <= meta.lastPage, count <= meta.lastPage - number + 1 else {
            throw StructuralFinding(flaw: .outOfRange, page: number)
        }
        guard number + count <= file.pageCount else { throw StructuralFinding(flaw: .pastTheEnd, page: number) }
        try claim(Int(number)..<Int(number + count))
        let before = usedPageCount
        usedPageCount += Int(count)
        guard let progress, before / Self.progressInterval != usedPageCount / Self.progressInterval else { return }
        progress(StructuralCheckProgress(checkedPageCount: usedPageCount + freePageCount, pageCount: claims.count))
    }

    private func claim(_ range: Range<Int>) throws(StructuralFinding) {
        if let taken = claims.claim(range) { throw StructuralFinding(flaw: .usedTwice, page: UInt64(taken)) }
    }
}
