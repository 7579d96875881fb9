import StorageEngine

/// What a store knows of itself beside its environment: whether all that it has acknowledged is on the disk, and where
/// it is.
///
/// ```
/// swift-corestore-trust 1
/// state dirty 527cbbf2-fcd7-4942-a1e5-0fd26160f4d9
/// doubt none
/// self inode=12 birth=1795232507.595412635 generation=623880537
/// place inode=13 birth=1795232507.591412001 generation=98344332 machine=9ae16a3b2f90404f transaction=17
/// end
/// ```
///
/// There are two places while a compaction replaces the data file. What is unknown of a file is left out.
struct TrustRecord: Equatable, Sendable {
    enum State: Equatable, Sendable {
        /// Everything that was committed is on the disk.
        case clean
        /// Something was committed that may be in memory only; since when, by the system's start (`nil`: unknown).
        case dirty(boot: String?)
    }

    /// A data file of this store.
    struct Place: Equatable, Sendable {
        var file: FileStamp
        var machine: String?
        /// A transaction that has reached the disk there: the file never goes back behind it.
        var transaction: UInt64
    }

    var state: State
    /// Found when the store was opened, checked, and not settled yet.
    var doubt: HistoryDoubt?
    /// The file with this record. It is replaced at every opening, so that an older one that was copied over it, along
    /// with older data, bears another one's stamp.
    var itself: FileStamp
    var places: [Place]
}

// MARK: - Judging

extension TrustRecord {
    /// How a store was found.
    enum Judgement: Equatable {
        /// All that was acknowledged is there.
        case whole
        /// A process ended without closing it, and the system has gone on running: it has kept what was written.
        case interrupted
        case doubtful(HistoryDoubt)
    }

    /// Compares what was recorded with what is there; ``doubt`` is beside this.
    ///
    /// - Parameters:
    ///   - data: the data file that was found, with the last transaction in it.
    ///   - itself: the stamp of the file that the record was read from.
    func judge(_ data: Place, itself found: FileStamp, boot: String?) -> Judgement {
        if case .dirty(let since) = state, since == nil || since != boot { return .doubtful(.uncleanStop) }
        guard itself.matches(found), let place = place(of: data) else { return .doubtful(.copied) }
        // The data alone was replaced by older data, in the same file.
        guard data.transaction >= place.transaction else { return .doubtful(.copied) }
        return state == .clean ? .whole : .interrupted
    }

    /// What was recorded of this data file.
    func place(of data: Place) -> Place? {
        places.first {
            $0.file.matches(data.file) && ($0.machine == nil || data.machine == nil || $0.machine == data.machine)
        }
    }
}
