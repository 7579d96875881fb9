import Bitfield
import HypercoreStorage

/// Which blocks of a log are said to be here, as that is stored, for one step of an audit.
///
/// A page that does not decode says what is stored, so that the rest of it can be checked.
struct AuditPresence {
    private let pages: HealingPages
    /// `nil` where all blocks are said to be here.
    private var bits: LocalBitfield?
    /// A snapshot has no record of its own: what is stored of it is here.
    private let isSnapshot: Bool

    init(_ core: StoredCore, head: HeadRecord, isSnapshot: Bool) throws {
        pages = HealingPages(core, head: head)
        bits = try core.presence().map {
            LocalBitfield(baseLength: $0.baseLength, contiguousLength: $0.contiguousLength)
        }
        self.isSnapshot = isSnapshot
    }

    /// The pages that did not decode, with the blocks that are stored.
    var broken: [UInt64: [Range<UInt64>]] { pages.broken.found }

    /// Whether a block is said to be here.
    mutating func claims(_ index: UInt64, isStored: Bool) throws -> Bool {
        if isSnapshot { return isStored }
        return try bits?.contains(index, reading: pages) ?? true
    }

    /// The first block of `range` that is said to be here.
    mutating func firstClaimed(in range: Range<UInt64>) throws -> UInt64? {
        if isSnapshot || range.isEmpty { return nil }
        return bits == nil ? range.lowerBound : try bits?.firstSet(in: range, reading: pages)
    }
}

/// The stored pages; in place of those that do not decode, what is stored of their blocks.
private struct HealingPages: BitfieldPageSource {
    final class Broken {
        var found: [UInt64: [Range<UInt64>]] = [:]
    }

    let broken = Broken()
    private let core: StoredCore
    private let head: HeadRecord
    private let stored: StoredPages

    init(_ core: StoredCore, head: HeadRecord) {
        self.core = core
        self.head = head
        stored = core.bitfieldPages
    }

    func page(at index: UInt64) throws -> BitfieldPage? {
        do {
            return try stored.page(at: index)
        } catch let error as StorageRecordError where error.code == .damaged {
            let start = index * UInt64(BitfieldPage.bitCount)
            let runs = try storedBlocks(in: start..<min(start + UInt64(BitfieldPage.bitCount), head.length))
            broken.found[index] = runs
            var page = BitfieldPage.empty
            for run in runs { page.set(Int(run.lowerBound - start)..<Int(run.upperBound - start)) }
            return page
        }
    }

    private func storedBlocks(in range: Range<UInt64>) throws -> [Range<UInt64>] {
        var runs: [Range<UInt64>] = []
        for index in range where try core.containsBlock(index, spans: head.spans) { runs.append(block: index) }
        return runs
    }

    func firstPage(from index: UInt64) throws -> UInt64? { try stored.firstPage(from: index) }
    func lastPage(before index: UInt64) throws -> UInt64? { try stored.lastPage(before: index) }
}
