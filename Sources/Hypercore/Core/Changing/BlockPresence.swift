import Bitfield
import HypercoreStorage

/// Which blocks of a log are here: as committed, and as it will be after what is queued.
///
/// A log that is whole has no bitfield (`nil`): its writer appends without touching one. Otherwise a change makes a new
/// staged bitfield and, with its write set, a record that expects the one before; so of several queued changes none can
/// be applied on top of one that failed.
///
/// A class, so that the replication machine can read it while it is changed itself, and not `Sendable`: it belongs to
/// the core's state and is touched only under the core's lock.
final class BlockPresence {
    private let source: StoredPages
    /// As committed; `nil` where every block is here.
    private var durable: LocalBitfield?
    /// As it will be after everything that is queued; `nil` where every block will be here.
    private var staged: LocalBitfield?
    /// Of the record that is stored now, and of the one that was staged last: what a write set expects.
    private var durableRevision: UInt64
    private var stagedRevision: UInt64
    /// How many queued changes make the log whole: the pages that are stored until then are not for what comes after.
    private var removalsUnderway = 0

    /// Opens the presence of a stored log; loads no page.
    init(_ stored: StoredCore, record: PresenceRecord?) {
        source = stored.bitfieldPages
        (durableRevision, stagedRevision) = (0, 0)
        reload(record)
    }
}

// MARK: - Following another process

extension BlockPresence {
    /// Whether `record` is another one than this was made from.
    func isOutdated(by record: PresenceRecord?) -> Bool {
        (record == nil) != (durable == nil) || (record?.revision ?? durableRevision) != durableRevision
    }

    /// Begins anew from what is stored.
    func reload(_ record: PresenceRecord?) {
        durableRevision = record?.revision ?? 0
        stagedRevision = durableRevision
        durable = record.map { LocalBitfield(baseLength: $0.baseLength, contiguousLength: $0.contiguousLength) }
        staged = durable
    }
}

// MARK: - Asking

extension BlockPresence {
    /// How many blocks from the first on are here without a gap, of a log of `length` blocks.
    func contiguousLength(of length: UInt64) -> UInt64 {
        min(durable?.contiguousLength ?? length, length)
    }

    /// Whether a block below the log's length is here.
    func contains(_ index: UInt64) throws -> Bool {
        try durable?.contains(index, reading: source) ?? true
    }

    /// The first block of `range`, which lies below the log's length, that is not here.
    func firstMissing(in range: Range<UInt64>) throws -> UInt64? {
        try durable?.firstUnset(in: range, reading: source)
    }

    /// The first block of `range`, which lies below the log's length, that is here.
    func firstStored(in range: Range<UInt64>) throws -> UInt64? {
        guard durable != nil else { return range.isEmpty ? nil : range.lowerBound }
        return try durable?.firstSet(in: range, reading: source)
    }

    /// Words of 32 blocks from `start`, a multiple of 32, on (PROTOCOL §7, bitfield), for a log of `length` blocks.
    func words(from start: UInt64, count: Int, length: UInt64) throws -> [UInt32] {
        if let words = try durable?.words(from: start, count: count, reading: source) { return words }
        var whole = PagedBitfield()
        whole.set(start..<max(start, length))
        return whole.words(from: start, count: count)
    }
}

// MARK: - Changing

/// One step of a change to which blocks are here.
enum PresenceEdit: Hashable, Sendable {
    /// These blocks are here now.
    case add(Range<UInt64>)
    /// These blocks are no longer here.
    case clear(Range<UInt64>)
    /// The log was cut at this length.
    case truncate(UInt64)
    /// A page of the bitfield cannot be read; of its blocks, these are here.
    case rebuild(page: UInt64, here: [Range<UInt64>])
}

/// A change to a ``BlockPresence`` that is queued.
enum PresenceChange: Sendable {
    /// Which blocks are here stays as it is.
    case none
    /// What it becomes: `nil` where every block will be here.
    case to(LocalBitfield?, revision: UInt64)
}

extension BlockPresence {
    /// Puts into `write` what `edits` make of the blocks of a log that grows or shrinks from `oldLength` to `length`.
    ///
    /// Changes nothing yet: hand the result to ``advance(to:)`` when the write set is queued, and to ``commit(_:)`` once
    /// it is committed.
    func change(
        by edits: [PresenceEdit], oldLength: UInt64, length: UInt64, in write: inout CoreWrite
    ) throws -> PresenceChange {
        if staged == nil, edits.keepWhole(oldLength: oldLength, length: length) {
            // If the log is only about to become whole, this must not outlive the failure of that. And a commit that was
            // reported to have failed may have taken effect, so that it is whole no longer.
            write.expectPresence(revision: nil)
            return durable == nil ? .none : .to(nil, revision: stagedRevision)
        }
        guard !edits.isEmpty || oldLength != length else { return .none }
        write.expectPresence(revision: staged == nil ? nil : stagedRevision)
        var changed = staged ?? LocalBitfield(baseLength: oldLength, contiguousLength: oldLength)
        let revisionBefore = changed.revision
        let pages = StagedPages(stored: removalsUnderway == 0 ? source : nil)
        for edit in edits {
            switch edit {
            case .add(let range): try changed.set(range, reading: pages)
            case .clear(let range): try changed.clear(range, reading: pages)
            case .truncate(let length): try changed.truncate(to: length, reading: pages)
            case .rebuild(let page, let here):
                changed.discardPage(page)
                for range in here { try changed.set(range, reading: pages) }
            }
        }
        let revision = stagedRevision + 1
        guard changed.contiguousLength < length else {
            write.put(presence: nil)
            return .to(nil, revision: revision)
        }
        for (index, page) in changed.changes(since: revisionBefore) { write.put(page: page, at: index) }
        write.put(
            presence: PresenceRecord(
                revision: revision, baseLength: changed.baseLength, contiguousLength: changed.contiguousLength))
        return .to(changed, revision: revision)
    }

    /// Moves what is staged on by a change that is queued now.
    func advance(to change: PresenceChange) {
        guard case .to(let bitfield, let revision) = change else { return }
        staged = bitfield
        stagedRevision = revision
        if bitfield == nil { removalsUnderway += 1 }
    }

    /// Takes over a change whose write set was committed. Changes are committed in the order in which they were staged.
    func commit(_ change: PresenceChange) {
        guard case .to(let bitfield, let revision) = change else { return }
        durable = bitfield
        durableRevision = revision
        guard let bitfield else { return removalsUnderway -= 1 }
        durable?.stored(upTo: bitfield.revision)
        // Pages that are stored need not be held for being changed any longer.
        staged?.stored(upTo: bitfield.revision)
    }

    /// Gives up what is staged and was not committed.
    ///
    /// The numbers of what is given up are used again. Sets that carry them come earlier in the writer's queue than
    /// any that is staged from here on, and are refused for what they expect.
    func resetStaging() {
        staged = durable
        stagedRevision = durableRevision
        removalsUnderway = 0
    }
}

extension [PresenceEdit] {
    /// Whether a log of which every block is here stays one.
    fileprivate func keepWhole(oldLength: UInt64, length: UInt64) -> Bool {
        var whole = oldLength
        for edit in self {
            switch edit {
            case .add(let range) where range.lowerBound == whole: whole = range.upperBound
            case .truncate(let length): whole = Swift.min(whole, length)
            case .add, .clear, .rebuild: return false
            }
        }
        return whole == length
    }
}

/// The pages that a change builds on: none, where those that are stored are about to be removed.
private struct StagedPages: BitfieldPageSource {
    let stored: StoredPages?

    func page(at index: UInt64) throws -> BitfieldPage? { try stored?.page(at: index) }
    func firstPage(from index: UInt64) throws -> UInt64? { try stored?.firstPage(from: index) }
    func lastPage(before index: UInt64) throws -> UInt64? { try stored?.lastPage(before: index) }
}
