import HuntWorkload

/// A moment in a record at which the power goes, and what is lost then.
public struct PowerCut: Hashable, Sendable, CustomStringConvertible {
    /// How many events came before.
    public let eventCount: Int
    public let loss: Loss

    public init(eventCount: Int, loss: Loss) {
        self.eventCount = eventCount
        self.loss = loss
    }

    public var description: String { "after event \(eventCount), \(loss)" }
}

extension DiskTrace {
    /// Draws power cuts, in the order of their moments.
    ///
    /// A third anywhere; a third just before a sync ends, when most is at stake; a third just after something was told,
    /// when it must not be lost any more.
    public func powerCuts(_ count: Int, seed: UInt64) -> [PowerCut] {
        var random = SeededRandom(seed, 0x706f_7765)
        let beginning = beginning
        var beforeSyncs: [Int] = []
        var afterMarks: [Int] = []
        for (position, event) in events.enumerated().dropFirst(beginning) {
            switch event {
            case .syncEnded, .writeSynced: beforeSyncs.append(position)
            case .mark: afterMarks.append(position + 1)
            default: break
            }
        }
        let anywhere = Array(beginning...events.count)
        let moments = [anywhere, beforeSyncs, afterMarks].filter { !$0.isEmpty }
        return (0..<count).map { position in
            let moment = moments[position % moments.count].randomElement(using: &random) ?? beginning
            return PowerCut(eventCount: moment, loss: .draw(using: &random))
        }.sorted { $0.eventCount < $1.eventCount }
    }

    /// What was told before a moment, as lines.
    public func lines(before eventCount: Int) -> [Substring] {
        events.prefix(eventCount).flatMap { event in
            guard case .mark(let text) = event else { return [Substring]() }
            return text.split(whereSeparator: \.isNewline)
        }
    }
}
