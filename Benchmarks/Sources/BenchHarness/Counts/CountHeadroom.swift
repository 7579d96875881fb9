/// How far a count may lie above what was seen when it was recorded; nothing where it is the same in every run.
///
/// Where several tasks append, how many appends a commit takes in depends on who comes when; in a replication two sides
/// answer each other from several threads. What is committed for such a count is a ceiling: wide enough for a machine
/// with other work, and far below what it would be if grouping, or windows, did not work.
struct CountHeadroom: Sendable, Equatable {
    /// A part of the count.
    let share: Double
    /// What comes on top, for counts that are small.
    let spare: Int

    private static let none = CountHeadroom(share: 0, spare: 0)

    private init(share: Double, spare: Int) {
        self.share = share
        self.spare = spare
    }

    /// The headroom of `kind` in runs of `figure`.
    init(of kind: CountKind, in figure: Figure) {
        self =
            switch figure {
            case .appendConcurrent, .appendConcurrentCores, .pipeSmall, .pipeLarge, .replicateSmall, .replicateLarge:
                switch kind {
                // So many of them may be needed when a thread is kept waiting for its turn on a processor.
                case .commits, .syncs: CountHeadroom(share: 3, spare: 8)
                case .writes, .deletes, .copiedBytes: CountHeadroom(share: 1, spare: 8)
                // A head, and what goes with it, for each commit.
                case .puts, .putBytes, .snapshots: CountHeadroom(share: 0.25, spare: 8)
                case .messages, .wireBytes: CountHeadroom(share: 0.1, spare: 8)
                }
            default:
                switch kind {
                // The allocator moves what it cannot grow where it lies, and that depends on what else it holds.
                case .copiedBytes: CountHeadroom(share: 0.1, spare: 0)
                // A store that was opened looks for garbage once, when it gets to it.
                case .snapshots: CountHeadroom(share: 0, spare: 2)
                default: .none
                }
            }
    }

    var isNone: Bool { self == .none }

    /// How much more than `count` may be counted.
    func above(_ count: Int) -> Int { Int((Double(count) * share).rounded(.up)) + spare }
}

extension Counts {
    /// The counts to commit for `figure`, out of the highest of several runs.
    public func committed(for figure: Figure) -> Counts {
        kinds.reduce(into: Counts()) { committed, kind in
            guard let value = self[kind] else { return }
            committed[kind] = value + CountHeadroom(of: kind, in: figure).above(value)
        }
    }
}
