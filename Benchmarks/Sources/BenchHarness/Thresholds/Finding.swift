/// What a comparison with the thresholds found.
public enum Finding: Sendable, Equatable {
    /// More was done than is committed.
    case grew(Figure, CountKind, committed: Int, counted: Int)
    /// Less was done than is committed: that can be committed.
    case shrank(Figure, CountKind, committed: Int, counted: Int)
    /// Something is counted that no threshold is committed for.
    case uncommitted(Figure, CountKind, counted: Int)
    /// Something is not counted any more that a threshold is committed for.
    case uncounted(Figure, CountKind, committed: Int)
    /// The efficiency is too far below the committed one.
    case slow(Figure, committed: Double, measured: Double)
    /// The efficiency is so far above the committed one that the threshold protects nothing.
    case fast(Figure, committed: Double, measured: Double)
    /// Nothing is committed for the figure.
    case missing(Figure)

    /// Whether the check fails by it.
    public var isFailure: Bool {
        switch self {
        case .grew, .uncommitted, .uncounted, .slow, .missing: true
        case .shrank, .fast: false
        }
    }
}

extension Finding: CustomStringConvertible {
    /// The finding in words that say the figure, what was expected, what was found, and what to do.
    public var description: String {
        switch self {
        case .grew(let figure, let kind, let committed, let counted):
            let most = CountHeadroom(of: kind, in: figure).isNone ? "expected" : "expected at most"
            return "\(figure.rawValue): \(kind.rawValue) grew: \(most) \(committed), got \(counted)"
        case .shrank(let figure, let kind, let committed, let counted):
            return "\(figure.rawValue): \(kind.rawValue) shrank from \(committed) to \(counted): commit it (--record)"
        case .uncommitted(let figure, let kind, let counted):
            return "\(figure.rawValue): nothing is committed for \(kind.rawValue), got \(counted): commit it (--record)"
        case .uncounted(let figure, let kind, let committed):
            return "\(figure.rawValue): \(kind.rawValue) was not counted: expected \(committed)"
        case .slow(let figure, let committed, let measured):
            let least = Table.hundredths(committed * FigureThresholds.leastShare)
            return """
                \(figure.rawValue): efficiency fell: expected at least \(least), which is \
                \(Table.tenths(FigureThresholds.leastShare)) of the committed \(Table.hundredths(committed)); got \
                \(Table.hundredths(measured))
                """
        case .fast(let figure, let committed, let measured):
            return """
                \(figure.rawValue): efficiency rose from \(Table.hundredths(committed)) to \
                \(Table.hundredths(measured)): commit it (--record)
                """
        case .missing(let figure):
            return "\(figure.rawValue): no thresholds are committed (--record writes them)"
        }
    }
}
