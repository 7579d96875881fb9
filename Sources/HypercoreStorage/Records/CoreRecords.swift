import StorageEngine

/// What is known of a core while it is open, as it is stored: its own records, of which most cores have the first two.
///
/// Branches, user data and the proof of a conflict are read when somebody asks for them.
///
/// A class, because it is handed on through all that reads, and copying it would cost as much as decoding it.
public final class CoreRecords: Sendable {
    /// Who the core is.
    public let identity: CoreIdentity
    /// How long the log is.
    public let head: HeadRecord
    /// Which blocks are here; `nil` where all are.
    public let presence: PresenceRecord?
    /// Whether its history is in question.
    public let trust: TrustRecord
    /// Whether two signed histories of it are known.
    public let isFrozen: Bool
    /// The group that it belongs to.
    public let group: GroupRecord?
    /// Whether blocks are being marked.
    public let marks: MarkRecord?

    /// The records of a core that is being made.
    public init(new identity: CoreIdentity) {
        self.identity = identity
        head = HeadRecord()
        presence = nil
        trust = TrustRecord()
        isFrozen = false
        group = nil
        marks = nil
    }

    /// Reads the records of `core` in one scan, as they lie side by side: a search, and a step for each.
    init(of core: CoreNumber, in snapshot: borrowing Snapshot) throws {
        var scan = CoreRecordScan()
        try snapshot.scan(Schema.cores, RecordKey.records(of: core, from: .identity, before: .userData)) { key, value in
            try scan.visit(key, value)
        }
        // There may be many branches, of which nothing is needed.
        if scan.endsAtBranches {
            let rest = RecordKey.records(of: core, from: .generations, before: .userData)
            try snapshot.scan(Schema.cores, rest) { key, value in try scan.visit(key, value) }
        }
        guard let identity = scan.identity else { throw StorageRecordError.missing("identity", of: core) }
        guard let head = scan.head else { throw StorageRecordError.missing("head", of: core) }
        self.identity = identity
        self.head = head
        presence = scan.presence
        trust = scan.trust ?? TrustRecord()
        isFrozen = scan.conflict != nil
        group = scan.group
        marks = scan.marks
    }
}

extension StorageRecordError {
    /// A record that every core has.
    static func missing(_ record: String, of core: CoreNumber) -> StorageRecordError {
        StorageRecordError(.damaged, "the \(record) of core \(core.value) is missing")
    }
}

/// The records of one core that a scan has come by.
private struct CoreRecordScan {
    var identity: CoreIdentity?
    var head: HeadRecord?
    var presence: PresenceRecord?
    var trust: TrustRecord?
    var conflict: ConflictRecord?
    var group: GroupRecord?
    var marks: MarkRecord?
    /// Whether the scan stopped at the first branch.
    var endsAtBranches = false

    mutating func visit(_ key: RawSpan, _ value: RawSpan) throws(StorageRecordError) -> ScanStep {
        switch RecordKey.CoreRecord(of: key) {
        case .identity: identity = try CoreIdentity(decoding: value)
        case .head: head = try HeadRecord(decoding: value)
        case .presence: presence = try PresenceRecord(decoding: value)
        case .trust: trust = try TrustRecord(decoding: value)
        case .conflict: conflict = try ConflictRecord(decoding: value)
        case .group: group = try GroupRecord(decoding: value)
        case .marks: marks = try MarkRecord(decoding: value)
        case .branch:
            endsAtBranches = true
            return .stop
        case .generations, .userData, nil: break
        }
        return .next
    }
}
