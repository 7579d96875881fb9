/// One file: what is certainly on the disk, and every later state that its sectors may have there.
///
/// A disk writes a sector whole or not at all, and the system writes sectors out when it likes, so after a power cut each
/// sector holds its synced state or any later one.
struct FileOnDisk: Sendable {
    static let sectorByteCount = 512
    static let pageByteCount = 4096

    /// A later state of something, and the time that it came about.
    struct Later<State: Sendable>: Sendable {
        let time: Int
        let state: State
        /// How long the file was then.
        let length: Int
    }

    /// What the process sees; whole sectors.
    private var current: [UInt8] = []
    private var currentLength = 0
    /// What is on the disk for certain; as long as it was synced last, rounded up to sectors.
    private var synced: [UInt8] = []
    private var syncedLength = 0
    /// Per sector, what came after, oldest first.
    private var laterSectors: [Int: [Later<ArraySlice<UInt8>>]] = [:]
    private var laterLengths: [Later<Int>] = []

    /// Whether some of the file may not be on the disk.
    var isDirty: Bool { !laterSectors.isEmpty || !laterLengths.isEmpty }
}

// MARK: - What happens to it

extension FileOnDisk {
    mutating func write(_ bytes: ArraySlice<UInt8>, at offset: Int, time: Int) {
        guard !bytes.isEmpty else { return }
        let end = offset + bytes.count
        if end > currentLength { setLength(end, at: time) }
        current.replaceSubrange(offset..<end, with: bytes)
        note(sectors: Self.sectors(offset..<end), time: time)
    }

    mutating func setLength(_ length: Int, at time: Int) {
        let byteCount = Self.roundedUp(length)
        if length < currentLength {
            // What is cut off reads as zeros if the file grows again.
            let cut = length..<current.count
            current.replaceSubrange(cut, with: repeatElement(0, count: cut.count))
            currentLength = length
            note(sectors: Self.sectors(cut), time: time)
        } else if byteCount > current.count {
            current.append(contentsOf: repeatElement(0, count: byteCount - current.count))
        }
        currentLength = length
        laterLengths.append(Later(time: time, state: length, length: length))
    }

    /// All that came about until `time` is on the disk.
    mutating func sync(upTo time: Int) {
        for sector in laterSectors.keys { settle(sector, upTo: time) }
        settleLength(upTo: time)
    }

    /// What these bytes are now is on the disk.
    mutating func sync(_ range: Range<Int>) {
        for sector in Self.sectors(range) { settle(sector, upTo: .max) }
        // A length that is needed to find the bytes is written with them.
        if range.upperBound > syncedLength { settleLength(upTo: .max) }
    }

    private mutating func note(sectors: Range<Int>, time: Int) {
        for sector in sectors {
            laterSectors[sector, default: []].append(
                Later(time: time, state: current[Self.bytes(of: sector)], length: currentLength))
        }
    }

    private mutating func settle(_ sector: Int, upTo time: Int) {
        guard var later = laterSectors[sector] else { return }
        guard let last = later.lastIndex(where: { $0.time <= time }) else { return }
        Self.put(later[last].state, at: sector, into: &synced)
        later.removeSubrange(...last)
        laterSectors[sector] = later.isEmpty ? nil : later
    }

    private mutating func settleLength(upTo time: Int) {
        guard let last = laterLengths.lastIndex(where: { $0.time <= time }) else { return }
        syncedLength = laterLengths[last].state
        laterLengths.removeSubrange(...last)
    }
}

// MARK: - What may be left of it

extension FileOnDisk {
    /// What the disk holds, where `choose` says for each page which of its later states has reached it.
    ///
    /// - Parameters:
    ///   - pages: which of the `count` later states of a page is there; 0 for the synced one.
    ///   - sectors: the same for one sector, where `pages` returns `nil`: the page is torn.
    ///   - lengths: which of the later lengths is there; more, where a sector lies past it.
    func image(
        pages: (_ page: Int, _ count: Int) -> Int?, sectors: (_ sector: Int, _ count: Int) -> Int,
        lengths: (_ count: Int) -> Int
    ) -> [UInt8] {
        var image = synced
        var needed = 0
        func place(_ later: Later<ArraySlice<UInt8>>, at sector: Int) {
            Self.put(later.state, at: sector, into: &image)
            // What was cut off is no reason for the file to be as long as it was.
            if sector * Self.sectorByteCount < later.length { needed = max(needed, sector * Self.sectorByteCount + 1) }
        }
        let sectorsOfPages = Dictionary(grouping: laterSectors.keys) {
            $0 * Self.sectorByteCount / Self.pageByteCount
        }
        for (page, dirty) in sectorsOfPages.sorted(by: { $0.key < $1.key }) {
            let times = Set(dirty.flatMap { laterSectors[$0, default: []].map(\.time) }).sorted()
            if let choice = pages(page, times.count) {
                guard choice > 0 else { continue }
                let time = times[choice - 1]
                for sector in dirty {
                    if let state = laterSectors[sector, default: []].last(where: { $0.time <= time }) {
                        place(state, at: sector)
                    }
                }
            } else {
                for sector in dirty.sorted() {
                    let later = laterSectors[sector, default: []]
                    let choice = sectors(sector, later.count)
                    if choice > 0 { place(later[choice - 1], at: sector) }
                }
            }
        }
        return cut(image, choice: lengths(laterLengths.count), needed: needed)
    }

    /// Data is never on the disk without the length that reaches it, so a length that is too short is not the one.
    private func cut(_ image: [UInt8], choice: Int, needed: Int) -> [UInt8] {
        let candidates = [syncedLength] + laterLengths.map(\.state)
        let length = candidates[choice...].first { $0 >= needed } ?? candidates.max() ?? 0
        if length <= image.count { return Array(image.prefix(length)) }
        return image + repeatElement(0, count: length - image.count)
    }
}

// MARK: - Sectors

extension FileOnDisk {
    private static func roundedUp(_ length: Int) -> Int {
        (length + sectorByteCount - 1) / sectorByteCount * sectorByteCount
    }

    private static func sectors(_ bytes: Range<Int>) -> Range<Int> {
        bytes.lowerBound / sectorByteCount..<roundedUp(bytes.upperBound) / sectorByteCount
    }

    private static func bytes(of sector: Int) -> Range<Int> {
        sector * sectorByteCount..<(sector + 1) * sectorByteCount
    }

    private static func put(_ state: ArraySlice<UInt8>, at sector: Int, into image: inout [UInt8]) {
        let range = bytes(of: sector)
        if image.count < range.upperBound {
            image.append(contentsOf: repeatElement(0, count: range.upperBound - image.count))
        }
        image.replaceSubrange(range, with: state)
    }
}
