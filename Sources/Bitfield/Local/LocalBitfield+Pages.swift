// How a local bitfield finds its pages: what has changed since it was stored comes before what is stored.
extension LocalBitfield {
    private static var pageLimit: UInt64 { PagedBitfield.maximumLength / PageScan.bitsPerPage }

    /// Page `index` if it is stored, or changed and to be stored.
    mutating func storedPage<Source: BitfieldPageSource & ~Escapable>(
        _ index: UInt64, reading source: Source
    ) throws(Source.Failure) -> BitfieldPage? {
        if let entry = cache.entry(index) { return entry.page }
        let page = try source.page(at: index)
        cache.keep(page, at: index)
        return page
    }

    /// The indices of the pages in `range` that may be stored, or changed and to be stored.
    mutating func storedPages<Source: BitfieldPageSource & ~Escapable>(
        in range: Range<UInt64>, reading source: Source
    ) throws(Source.Failure) -> [UInt64] {
        var indices: [UInt64] = []
        if range.count <= 2 {
            // One or two pages, as a block or an append touches, are known to the cache after the first time.
            for index in range where try storedPage(index, reading: source) != nil { indices.append(index) }
            return indices
        }
        var position = range.lowerBound
        while let index = try firstStored(from: position, reading: source), index < range.upperBound {
            indices.append(index)
            position = index + 1
        }
        return indices
    }

    /// The stretch of alike pages from page `index` upwards.
    mutating func stretchUp<Source: BitfieldPageSource & ~Escapable>(
        _ index: UInt64, reading source: Source
    ) throws(Source.Failure) -> PageStretch<BitfieldPage> {
        let contiguous = contiguousLength / PageScan.bitsPerPage
        if index < contiguous { return PageStretch(content: .full, pages: index..<contiguous) }
        if let page = try storedPage(index, reading: source) {
            return PageStretch(content: page, pages: index..<index + 1)
        }
        let page = defaultPage(index, base: baseLength)
        guard page.isUniform else { return PageStretch(content: page, pages: index..<index + 1) }
        var end = try firstStored(from: index + 1, reading: source) ?? Self.pageLimit
        if page.isFull { end = min(end, baseLength / PageScan.bitsPerPage) }
        return PageStretch(content: page, pages: index..<max(end, index + 1))
    }

    /// The stretch of alike pages from page `index` downwards.
    mutating func stretchDown<Source: BitfieldPageSource & ~Escapable>(
        _ index: UInt64, reading source: Source
    ) throws(Source.Failure) -> PageStretch<BitfieldPage> {
        if index < contiguousLength / PageScan.bitsPerPage {
            return PageStretch(content: .full, pages: 0..<index + 1)
        }
        if let page = try storedPage(index, reading: source) {
            return PageStretch(content: page, pages: index..<index + 1)
        }
        let page = defaultPage(index, base: baseLength)
        guard page.isUniform else { return PageStretch(content: page, pages: index..<index + 1) }
        var start = try lastStored(before: index, reading: source).map { $0 + 1 } ?? 0
        if page.isEmpty {
            let (edge, bit) = baseLength.quotientAndRemainder(dividingBy: PageScan.bitsPerPage)
            start = max(start, bit == 0 ? edge : edge + 1)
        }
        return PageStretch(content: page, pages: start..<index + 1)
    }

    /// The lowest page from `index` on that may be stored. One whose removal is not stored yet counts, which does no harm:
    /// it reads as what it is without a page.
    private func firstStored<Source: BitfieldPageSource & ~Escapable>(
        from index: UInt64, reading source: Source
    ) throws(Source.Failure) -> UInt64? {
        let stored = try source.firstPage(from: index).flatMap { $0 >= index && $0 < Self.pageLimit ? $0 : nil }
        guard let changed = cache.firstChanged(from: index) else { return stored }
        return min(changed, stored ?? changed)
    }

    /// The highest page below `index` that may be stored; see `firstStored`.
    private func lastStored<Source: BitfieldPageSource & ~Escapable>(
        before index: UInt64, reading source: Source
    ) throws(Source.Failure) -> UInt64? {
        let stored = try source.lastPage(before: index).flatMap { $0 < index ? $0 : nil }
        guard let changed = cache.lastChanged(before: index) else { return stored }
        return max(changed, stored ?? changed)
    }
}
