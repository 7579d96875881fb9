/// Which blocks of a core are stored here. It keeps two numbers and loads pages only when they are asked about, so
/// opening a core of any length loads nothing.
///
/// Most cores are contiguous, and a contiguous core needs no page at all: below ``baseLength`` every bit is set and above
/// it every bit is clear, except in the pages that are stored. A stored page says everything about its 32,768 blocks.
///
/// ```text
/// base length 100,000, page 1 stored:
/// page       0          1          2          3          4
///      ┌──────────┬──────────┬──────────┬──────────┬──────────┐
///      │   full   │  stored  │   full   │ set up to│  clear   │
///      │          │          │          │  100,000 │          │
///      └──────────┴──────────┴──────────┴──────────┴──────────┘
/// ```
///
/// **Storing.** A change takes effect here at once and is held in memory until ``stored(upTo:)`` says that it is on disk.
/// To store: put what ``changes(since:)`` returns, together with ``baseLength`` and ``contiguousLength``, in one write
/// set, and remember ``revision``; when it has been committed, call `stored(upTo:)` with that. Several such write sets may
/// be under way. After a failed one, make the bitfield anew from what is stored.
///
/// Each call that may need a page is given the place to read it from, which must hold all that was reported stored.
/// A call that throws while reading has changed nothing.
public struct LocalBitfield: Sendable {
    /// By default 32 pages, 128 KiB.
    public static let defaultCachedPageLimit = 32

    /// Below this, blocks are here unless a stored page says otherwise; from here on, they are not.
    public private(set) var baseLength: UInt64
    /// How many blocks are here without a gap from block 0 on.
    public private(set) var contiguousLength: UInt64
    /// Grows with each change.
    public private(set) var revision: UInt64 = 0

    var cache: PageCache

    /// Opens a bitfield.
    ///
    /// - Parameters:
    ///   - baseLength: As it was stored with the pages; 0 for a new one.
    ///   - contiguousLength: As it was stored with the pages; 0 for a new one.
    ///   - cachedPageLimit: How many unchanged pages to keep in memory.
    public init(
        baseLength: UInt64 = 0, contiguousLength: UInt64 = 0, cachedPageLimit: Int = defaultCachedPageLimit
    ) {
        let limit = PagedBitfield.maximumLength
        precondition(baseLength <= limit && contiguousLength <= limit, "a length reaches past bit 2^53")
        self.baseLength = baseLength
        self.contiguousLength = contiguousLength
        cache = PageCache(limit: max(cachedPageLimit, 1))
    }

    /// How many pages are in memory.
    public var loadedPageCount: Int { cache.count }
    /// How many of them have changed and are not reported stored. The caller bounds them by storing.
    public var changedPageCount: Int { cache.changedCount }

    /// The pages that have changed since `revision`, ascending: to be stored, or, where `nil`, removed.
    public func changes(since revision: UInt64) -> [(index: UInt64, page: BitfieldPage?)] {
        cache.changes(since: revision)
    }

    /// Everything that had changed when ``revision`` was `revision` is stored.
    public mutating func stored(upTo revision: UInt64) {
        cache.stored(upTo: revision)
    }
}

// MARK: - Changing

extension LocalBitfield {
    /// Notes that the blocks of a range, ending at or below 2^53, are here.
    public mutating func set<Source: BitfieldPageSource & ~Escapable>(
        _ range: Range<UInt64>, reading source: Source
    ) throws(Source.Failure) {
        precondition(range.upperBound <= PagedBitfield.maximumLength, "bits \(range) reach past bit 2^53")
        guard !range.isEmpty, range.upperBound > contiguousLength else { return }
        var contiguous = contiguousLength
        if range.lowerBound <= contiguous {
            contiguous = range.upperBound
            // Mostly nothing follows, as when appending, and then this is all that is looked up.
            if try contains(contiguous, reading: source) {
                let rest = contiguous..<PagedBitfield.maximumLength
                contiguous = try firstUnset(in: rest, reading: source) ?? rest.upperBound
            }
        }
        if range.lowerBound <= baseLength {
            // All between the old base and the new one is set: by this call, or because it is contiguous to it. So only
            // the stored pages need a change, and those that the base now covers need not be stored any longer.
            let base = max(baseLength, range.upperBound, contiguous)
            let pages = PageParts.pages(of: range.lowerBound..<max(range.upperBound, contiguous))
            let affected = try storedPages(in: pages, reading: source)
            try change(affected, base: base, reading: source) { page, bits in page.set(bits(range)) }
        } else {
            try change(PageParts.pages(of: range), base: baseLength, reading: source) { page, bits in
                page.set(bits(range))
            }
        }
        contiguousLength = contiguous
    }

    /// Notes that the blocks of a range are not here, or no longer.
    ///
    /// A range that ends below ``baseLength`` makes each page that it touches one to be stored, if only as an empty one:
    /// 31 of them for a million blocks.
    public mutating func clear<Source: BitfieldPageSource & ~Escapable>(
        _ range: Range<UInt64>, reading source: Source
    ) throws(Source.Failure) {
        let range = PagedBitfield.clamped(range)
        guard !range.isEmpty else { return }
        let pages = PageParts.pages(of: range)
        if range.upperBound >= baseLength {
            // Lowering the base clears all pages that are not stored.
            let base = min(baseLength, range.lowerBound)
            let affected = try storedPages(in: pages, reading: source)
            try change(affected, base: base, reading: source) { page, bits in page.clear(bits(range)) }
        } else {
            try change(pages, base: baseLength, reading: source) { page, bits in page.clear(bits(range)) }
        }
        contiguousLength = min(contiguousLength, range.lowerBound)
    }

    /// Notes that no block from `length` on is here.
    public mutating func truncate<Source: BitfieldPageSource & ~Escapable>(
        to length: UInt64, reading source: Source
    ) throws(Source.Failure) {
        guard length < PagedBitfield.maximumLength else { return }
        try clear(length..<PagedBitfield.maximumLength, reading: source)
    }

    /// Takes the blocks of a page for not here, whatever is stored of it: for a page that cannot be read, and is to be
    /// stored anew.
    public mutating func discardPage(_ index: UInt64) {
        precondition(index < PagedBitfield.maximumLength / PageScan.bitsPerPage, "page \(index) lies past bit 2^53")
        revision += 1
        cache.change(index, to: .empty, revision: revision)
        contiguousLength = min(contiguousLength, index * PageScan.bitsPerPage)
    }

    /// Changes pages and the base. Reads everything first, so that a failing read leaves nothing half done.
    private mutating func change<Source: BitfieldPageSource & ~Escapable>(
        _ indices: some Sequence<UInt64>, base: UInt64, reading source: Source,
        _ body: (inout BitfieldPage, _ bits: (Range<UInt64>) -> Range<Int>) -> Void
    ) throws(Source.Failure) {
        var changed: [(index: UInt64, page: BitfieldPage?)] = []
        for index in indices {
            let stored = try storedPage(index, reading: source)
            var page = stored ?? defaultPage(index, base: baseLength)
            body(&page) { range in PageScan.bits(of: index, in: range) }
            let needed = page == defaultPage(index, base: base) ? nil : page
            if needed != stored { changed.append((index, needed)) }
        }
        revision += 1
        baseLength = base
        for (index, page) in changed {
            cache.change(index, to: page, revision: revision)
        }
    }

    /// What a page that is not stored holds.
    func defaultPage(_ index: UInt64, base: UInt64) -> BitfieldPage {
        let (edge, bit) = base.quotientAndRemainder(dividingBy: PageScan.bitsPerPage)
        guard index >= edge else { return .full }
        var page = BitfieldPage.empty
        if index == edge { page.set(0..<Int(bit)) }
        return page
    }
}
