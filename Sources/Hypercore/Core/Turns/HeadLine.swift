import HypercoreStorage
import StorageEngine

/// The changes to one log's head that wait for their turn, first come, first served; touched only under the core's lock.
///
/// Where nobody waits and the key is in memory, a change is staged at once. One joins the line where its blocks are encrypted,
/// which takes its place in the log to be known before it is made; where somebody else has to sign; where a change of the line
/// is queued or being written; and where somebody is ahead of it. What has gathered when the writer begins with its next group, or
/// the signer with its next signature, becomes one change: one write set with one head, however many have waited.
///
/// ```text
///   staged head │ batch being signed │ entry │ entry (being prepared) │ entry
///               ▲ start, if none is  ▲ start                                ▲ end: the place of who joins next
/// ```
///
/// Places are promises, not locks: what fails, leaves or comes between moves the end of the log, and whoever was promised
/// a place that is no longer right is told to prepare again (``realign(on:)``).
///
/// It needs no bound of its own: every entry is a caller that is suspended or at work, with blocks that it holds anyway.
struct HeadLine {
    struct Entry {
        let ticket: TurnTicket
        let step: HeadStep
        let byteCount: Int
        /// The session that it belongs to.
        let session: ObjectIdentifier
        /// Where it was told that it would begin; `nil` for a change that may begin anywhere.
        let place: LogPlace?
        /// What it does; `nil` while it is being prepared.
        var edit: HeadChange.Edit?
        /// Its room in the writer's queue. None where it waits for a signature: a slow signer would keep from everybody
        /// what its entries hold.
        var room: GroupWriter.Room?
    }

    private var entries: [Entry] = []
    private var start = LogPlace(fork: 0, length: 0)
    private(set) var end = LogPlace(fork: 0, length: 0)
    /// Whether entries were taken out since the places were last looked over.
    private var hasGap = false

    /// What was handed to the signer.
    var batch: SigningBatch?
    /// Whether a task is at work that hands entries to the signer.
    var isSigning = false

    /// How many changes of the line, and of those that came when it was empty, are queued to be written. Who comes meanwhile joins
    /// the line.
    var writesUnderway = 0
    /// Whether the writer was told to ask for what has gathered, and has not yet.
    var isAnnounced = false

    /// Whether nothing waits and nothing is being signed.
    var isEmpty: Bool { entries.isEmpty && batch == nil }

    /// How many wait, without those that were handed to the signer.
    var count: Int { entries.count }

    /// Whether the first entry can have its turn.
    var isReady: Bool { entries.first?.edit != nil }
}

// MARK: - Joining and leaving

extension HeadLine {
    /// Joins the line; it was just realigned.
    ///
    /// - Returns: the ticket, and the place that the change is promised.
    mutating func join(
        _ change: HeadChange, room: GroupWriter.Room?, session: ObjectIdentifier
    ) -> (ticket: TurnTicket, place: LogPlace) {
        let ticket = TurnTicket()
        let place = end
        let (promised, edit): (LogPlace?, HeadChange.Edit?) =
            switch change.making {
            case .anywhere(let edit): (nil, edit)
            case .atPlace: (place, nil)
            }
        entries.append(
            Entry(
                ticket: ticket, step: change.step, byteCount: change.byteCount, session: session, place: promised,
                edit: edit, room: room))
        end = place.after(change.step)
        return (ticket, place)
    }

    /// The change of `ticket` was prepared. Does nothing where it is no longer in line.
    mutating func prepared(_ ticket: TurnTicket, _ edit: @escaping HeadChange.Edit) {
        guard let index = entries.firstIndex(where: { $0.ticket === ticket }) else { return }
        entries[index].edit = edit
    }

    /// Takes entries out of the line, wherever they stand.
    mutating func remove(where isLeaving: (Entry) -> Bool) -> [TurnTicket] {
        let leaving = entries.filter(isLeaving).map(\.ticket)
        guard !leaving.isEmpty else { return [] }
        entries.removeAll(where: isLeaving)
        hasGap = true
        return leaving
    }

    /// Takes the entries from the front that can have their turn, at least one and as many as `byteLimit` admits.
    mutating func popReady(byteLimit: Int) -> [Entry] {
        var byteCount = 0
        let count = entries.prefix { entry in
            defer { byteCount += entry.byteCount }
            return entry.edit != nil && (byteCount == 0 || byteCount + entry.byteCount <= byteLimit)
        }.count
        var taken: [Entry] = []
        if count == entries.count {
            swap(&taken, &entries)
        } else {
            taken = Array(entries[..<count])
            entries.removeFirst(count)
        }
        start = taken.reduce(start) { $0.after($1.step) }
        return taken
    }

    /// Looks over the places of all entries, the first of which begins at `place`, and takes out those that were promised
    /// another one than theirs. They are to be prepared again.
    mutating func realign(on place: LogPlace) -> [TurnTicket] {
        guard place != start || hasGap else { return [] }
        (start, end, hasGap) = (place, place, false)
        var stale: [TurnTicket] = []
        entries.removeAll { entry in
            guard entry.place == nil || entry.place == end else {
                stale.append(entry.ticket)
                return true
            }
            end = end.after(entry.step)
            return false
        }
        return stale
    }

    /// Takes everything out: the log has ended.
    mutating func abandon() -> AbandonedLine {
        defer { (entries, batch) = ([], nil) }
        return AbandonedLine(
            tickets: (batch?.entries ?? []).map(\.ticket) + entries.map(\.ticket), signature: batch?.signature)
    }
}

/// What waited when a log ended.
struct AbandonedLine: Sendable {
    let tickets: [TurnTicket]
    /// The signature that was waited for.
    let signature: PendingSignature?

    /// Tells all of them that it is over; called outside all locks.
    func end(_ error: HypercoreError) {
        for ticket in tickets { ticket.settle(.failed(error)) }
        signature?.settle(.failure(error))
    }
}
