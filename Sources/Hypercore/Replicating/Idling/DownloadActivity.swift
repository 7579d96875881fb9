import Replication

/// Whether a log is wanted here, as its peers are told (PROTOCOL §7, Idling): while an active session is open or anybody
/// waits for a block, and for a while after.
struct DownloadActivity: Sendable {
    /// The active sessions that are open.
    var sessionCount = 0
    /// Whether peers are told that the log is wanted.
    private(set) var isDownloading = false
    /// When they are told otherwise.
    private(set) var nextDeadline: Milliseconds?

    /// Takes note of whether the log is wanted now.
    ///
    /// - Parameter linger: asked when it has just ceased to be: how long to wait for that to change.
    /// - Returns: whether ``isDownloading`` has changed.
    mutating func update(isWanted: Bool, now: Milliseconds, linger: () -> Milliseconds) -> Bool {
        if isWanted {
            nextDeadline = nil
            defer { isDownloading = true }
            return !isDownloading
        }
        guard isDownloading else { return false }
        let deadline = nextDeadline ?? now + linger()
        nextDeadline = now < deadline ? deadline : nil
        isDownloading = now < deadline
        return !isDownloading
    }
}

/// What a peer has last said of itself, where it bears on whether its channel is needed.
struct PeerIdleness: Sendable {
    let isDownloading: Bool
    let isUploading: Bool

    init(_ sync: SyncMessage) {
        isDownloading = sync.isDownloading
        isUploading = sync.isUploading
    }

    /// Whether a channel that this peer closed is opened again at once: the two sides' messages crossed, and it closed
    /// one that it thought nobody needs (PROTOCOL §7, Idling).
    func reopens(whileDownloading isWanted: Bool) -> Bool {
        isWanted && !isDownloading && isUploading
    }
}
