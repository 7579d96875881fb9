import Crypto
import HypercoreStorage
import StorageEngine

/// Why a log that this store signs for is not appended to, nor truncated, for now.
///
/// Two different blocks signed for one place of a log are a second history: whoever follows the log holds one or the
/// other, and nothing brings the two together again. So a store that may have forgotten what it signed, or is not the
/// only one that signs, stops. Reading, clearing, downloading and serving the log go on.
public enum AppendingStop: String, Hashable, Sendable, CaseIterable {
    /// The machine stopped before everything that was appended had reached the disk.
    ///
    /// Ends when a peer confirms the length, or by ``Hypercore/trustHistory()``.
    case uncleanStop
    /// The store is a copy: a backup that was restored, or one that was moved.
    ///
    /// Ends when a peer confirms the length, or by ``Hypercore/trustHistory()``.
    case copied
    /// A peer brought a longer log than was here, signed with the key of this store. It was taken over.
    ///
    /// Ends by ``Hypercore/trustHistory()`` alone, for only the user can know who else appends.
    case overtaken
    /// Two signed histories of the log are known; see ``Hypercore/conflict()``. It does not end.
    case frozen
}

extension AppendingStop: CustomStringConvertible {
    /// What happened and what can be done.
    public var description: String {
        switch self {
        case .uncleanStop:
            """
            the machine stopped before all that was appended had reached the disk, so peers may have more of this log \
            than this store; appending now could fork it for good. Connect to a peer that has the log: if its length is \
            the same, appending goes on. If nobody can have more, trust the history that is here
            """
        case .copied:
            """
            the store was copied, moved or restored from a backup, so the log may have gone on elsewhere; appending now \
            could fork it for good. Connect to a peer that has the log: if its length is the same, appending goes on. If \
            the original is not written to any more and nobody can have more, trust the history that is here
            """
        case .overtaken:
            """
            a peer brought blocks that were signed with the key of this log but not appended here: the log is also \
            written elsewhere, or this store was older than the log. Make sure that nobody else appends to it and that \
            all of it is here; then trust the history that is here
            """
        case .frozen:
            """
            conflict: two different histories of this log were signed with its key, and nobody can tell which one is \
            right. The log is frozen for good; what is here can be read. Begin a new log to go on
            """
        }
    }

    init(_ doubt: HistoryDoubt) {
        switch doubt {
        case .uncleanStop: self = .uncleanStop
        case .copied: self = .copied
        }
    }

    func error(_ key: CoreKey) -> HypercoreError { HypercoreError(.appendingStopped, key: key, "\(self)") }
}

// MARK: - In a session

extension Hypercore {
    /// Why the log is not appended to for now, although this store holds its key; `nil` where nothing stands in the way.
    ///
    /// ``events`` tells when it changes.
    public var appendingStop: AppendingStop? { core.appendingStop }

    /// Says that the log as it is here is all there is of it, and that nobody else appends to it: appending goes on.
    ///
    /// It is kept until the store is in doubt again, or a peer shows a longer log again. Does nothing where appending is
    /// not stopped. If a peer has more all the same, what is appended now forks the log for everybody.
    ///
    /// - Throws: `.notWritable` in a read-only store, `.closed`, `.storage`.
    public func trustHistory() async throws {
        try requireLive()
        try await core.trustHistory()
    }
}
