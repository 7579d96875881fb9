import Bitfield

/// What the replicator knows of one open peer. Each concern keeps its own state; this only holds them together.
struct Peer {
    let id: PeerID
    /// Whether it answers requests with a seek part.
    let supportsSeeks: Bool

    /// Its last sync; `nil` before the first.
    var remote: SyncMessage?
    /// Whether the next flush is to send it a sync.
    var owesSync = false
    /// Whether the next flush is to find out anew if we can lift it to our length.
    var checksUpgrade = false
    /// Whether we can lift it to our length (PROTOCOL §7, Sync and upgrades).
    var canUpgrade = true

    /// What it has, and where it was asked to tell so.
    var haves: RemoteBitfield
    var windows = WantedWindows()
    /// What it wants to be told of, and how much of our unbroken prefix it was told of.
    var wants = RemoteWants()
    var announcedLength: UInt64 = 0
    /// Windows that it wants the bits of, waiting to be sent.
    var windowsToAnswer = FIFO<Range<UInt64>>()

    /// What we asked of it, and how far the searches for more have come.
    var requests = RequestTable()
    var awaited = AwaitedNodes()
    var searches = SearchCursors()
    /// Each block before this one lies under a node that is stored here and that the peer's tree has too, in our present
    /// fork, however short that tree is.
    var provenLength: UInt64 = 0

    /// What it asked of us.
    var uploads = UploadQueue()
    var refusals = RefusalQueue()
    /// Whether the next flush is to tell the driver that it waits for answers.
    var announcesAnswers = false

    /// What it is being asked about its fork, if that is higher than ours, and how often it let such a question wait too long.
    var forkQuestion: ForkQuestion?
    var overdueAnswers = 0
    /// The fork that observers were last told is not followed.
    var ignoredFork: UInt64?

    /// How fast it answers, and how much it is asked at a time.
    var pace: PeerPace
    var conduct = PeerConduct()

    /// What is to be pushed to it.
    var pushes = PushQueue()
    /// What has been counted of it.
    var counters = ReplicationCounters()

    /// Whether the next flush is to find out if its channel serves nobody.
    var checksIdleness = false

    /// Whether its channel was asked to be closed; what it still sends is ignored.
    var isClosing = false

    init(_ id: PeerID, supportsSeeks: Bool, limits: ReplicationLimits) {
        self.id = id
        pace = PeerPace(limits: limits)
        haves = RemoteBitfield(segmentLimit: limits.remotePages)
        self.supportsSeeks = supportsSeeks
    }
}

/// How well a peer behaves, and whether that has cost it our trust.
struct PeerConduct {
    /// Whether it is never asked for anything again.
    private(set) var isDistrusted = false
    /// Whether it has to show first that its history is ours.
    private(set) var isUnderCheck = false
    private var notAvailable = 0
    private var invalidRequest = 0
    private var useless = 0
    /// How often in a row it pushed what did not verify or did not fit.
    private(set) var invalidPushes = 0
    /// Whether it was asked for its whole tree, and none has come since.
    private(set) var owesTree = false
    /// Until when the tree that it owes is waited for by those who want to know whether it has more.
    private(set) var treeDeadline: Milliseconds?
    private var pardons = 0
    private var untracked = 0

    /// Whether it is not asked for anything now.
    var isPaused: Bool { isDistrusted || isUnderCheck }

    /// It sent something that did not verify.
    mutating func sentInvalidData() {
        isUnderCheck = false
        isDistrusted = true
    }

    /// It is asked for its whole tree, because it sent something that did not verify. If it `pauses` until that is here, it may
    /// be pardoned where the tree is ours.
    ///
    /// - Parameter deadline: until when its tree is waited for.
    mutating func isChecked(pauses: Bool, limit: Int, until deadline: Milliseconds) {
        owesTree = true
        guard pauses else { return }
        treeDeadline = deadline
        isUnderCheck = true
        isDistrusted = pardons >= limit
    }

    /// It does not have its whole tree, or has left the fork.
    mutating func refusesTree() { owesTree = false }

    /// Its whole tree is ours as far as both go.
    mutating func pardon() {
        guard isUnderCheck else { return }
        isUnderCheck = false
        pardons += 1
    }

    /// Takes note of the time: a tree that is late is not waited for.
    mutating func pass(to now: Milliseconds) {
        if let deadline = treeDeadline, deadline <= now { treeDeadline = nil }
    }

    /// What did not verify may have been our own fault.
    mutating func absolve() {
        isDistrusted = false
        isUnderCheck = false
        treeDeadline = nil
    }

    /// Whether a tree that it sends is to be looked at: one that it was asked for, or one of the first few others.
    mutating func sendsUntracked(limit: Int) -> Bool {
        if owesTree {
            owesTree = false
            treeDeadline = nil
            return true
        }
        untracked = min(untracked + 1, limit + 1)
        return untracked <= limit
    }

    /// It pushed something that did not verify. That may be for want of knowing how we stand, so it is only counted.
    mutating func sentInvalidPush() { invalidPushes += 1 }

    /// It pushed something that fits, or what it pushes may fit again.
    mutating func sentGoodPush() { invalidPushes = 0 }

    /// It refused a request, giving one of the two reasons or none.
    mutating func refused(_ reason: NoDataMessage.Reason?, limits: ReplicationLimits) {
        switch reason {
        case .notAvailable: notAvailable += 1
        case .invalidRequest: invalidRequest += 1
        default: useless += 1
        }
        if max(notAvailable, invalidRequest, useless) >= limits.uselessAnswers { isDistrusted = true }
    }
}
