/// The counts of a run for people: a line each, in total and by what the figure is made of.
public enum CountTable {
    /// The lines of one figure.
    public static func text(of counts: Counts, _ workload: Workload) -> String {
        let heading = "\(workload.figure.rawValue): \(workload.pieceCount) \(workload.pieceName)"
        let lines = counts.kinds.map { kind in
            let value = counts[kind] ?? 0
            let mark = CountHeadroom(of: kind, in: workload.figure).isNone ? " " : "~"
            let each = Table.hundredths(Double(value) / Double(workload.pieceCount))
            return
                "  \(Table.padded(kind.rawValue, to: -12)) \(mark)\(Table.padded(Table.grouped(Double(value)), to: 12))"
                + Table.padded(each, to: 14)
        }
        return ([heading] + lines).joined(separator: "\n")
    }
}

extension Workload {
    /// What a run is made of, that counts are told by.
    fileprivate var pieceName: String {
        switch figure.unit {
        case .gets: "gets"
        case .cores, .bytesPerCore: "cores"
        case .batches: "batches"
        case .ratio: "openings"
        case .appends, .blocks, .megabytes: "blocks"
        }
    }

    /// How many of them there are.
    fileprivate var pieceCount: Int {
        switch figure.unit {
        case .gets: readCount
        case .cores, .bytesPerCore: coreCount
        case .batches: blockCount / coreCount
        case .ratio: 2 * openingCount
        case .appends, .blocks, .megabytes: blockCount
        }
    }
}
