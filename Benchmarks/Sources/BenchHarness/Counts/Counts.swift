/// Something that is done a whole number of times in a run, and that does not depend on how fast the machine is.
public enum CountKind: String, CaseIterable, Sendable {
    /// Records that were handed to the engine.
    case puts
    /// Bytes of their keys and values: what the engine copies into its pages.
    case putBytes
    /// Records, and ranges of them, that the engine was asked to remove.
    case deletes
    /// Transactions that were committed.
    case commits
    /// Times that the disk was waited for.
    case syncs
    /// Views of the store that were opened to read from it.
    case snapshots
    /// Bytes that `memcpy` and `memmove` moved in pieces of 16 KiB and more, in this process.
    case copiedBytes
    /// Messages of the replication protocol, in both directions.
    case messages
    /// Pieces that were handed to the transport, in both directions: each is a system call on a socket.
    case writes
    /// Bytes that were handed to the transport, in both directions.
    case wireBytes
}

/// How often each kind of thing was done. What is not counted in a run is missing, which is not the same as none.
public struct Counts: Sendable, Equatable {
    private var values: [CountKind: Int]

    /// The given counts.
    public init(_ values: [CountKind: Int] = [:]) {
        self.values = values
    }

    /// How often something was done; `nil` where that is not counted.
    public subscript(kind: CountKind) -> Int? {
        get { values[kind] }
        set { values[kind] = newValue }
    }

    /// What is counted, in the order of ``CountKind``.
    public var kinds: [CountKind] { CountKind.allCases.filter { values[$0] != nil } }

    /// What two sources have counted, together.
    public static func + (left: Counts, right: Counts) -> Counts {
        Counts(left.values.merging(right.values, uniquingKeysWith: +))
    }

    /// What was done since `earlier`.
    public func since(_ earlier: Counts) -> Counts {
        Counts(values.reduce(into: [:]) { $0[$1.key] = $1.value - (earlier.values[$1.key] ?? 0) })
    }

    /// Each kind at the greater of the two counts.
    public func raised(to other: Counts) -> Counts {
        Counts(values.merging(other.values, uniquingKeysWith: max))
    }
}

// MARK: - Between processes

extension Counts {
    /// The counts as a word of the line that a measured process hands on: `puts=3,commits=1`, or `-` for none.
    var word: String {
        let parts = kinds.map { "\($0.rawValue)=\(values[$0] ?? 0)" }
        return parts.isEmpty ? "-" : parts.joined(separator: ",")
    }

    /// Reads a ``word``; `nil` for any other.
    init?(word: some StringProtocol) {
        self.init()
        guard word != "-" else { return }
        for part in word.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", omittingEmptySubsequences: false)
            guard sides.count == 2, let kind = CountKind(rawValue: String(sides[0])), let value = Int(sides[1]) else {
                return nil
            }
            values[kind] = value
        }
    }
}
