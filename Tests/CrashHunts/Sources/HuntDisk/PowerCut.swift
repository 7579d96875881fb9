public import HuntWorkload

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
    /// Most of them in equal parts anywhere, just before a sync ends, when most is at stake, and just after something was
    /// told, when it must not be lost any more. Some after the store was closed, when nothing may be missing.
    ///
    /// - Parameter beginning: no cut comes before so many events; by default, before the process began.
    public func powerCuts(_ count: Int, seed: UInt64, from beginning: Int? = nil) -> [PowerCut] {
        var random = SeededRandom(seed, 0x706f_7765)
        let beginning = beginning ?? self.beginning
        var beforeSyncs: [Int] = []
        var afterMarks: [Int] = []
        var afterClosings = [events.count]
        for (position, event) in events.enumerated().dropFirst(beginning) {
            switch event {
            case .syncEnded, .writeSynced: beforeSyncs.append(position)
            case .mark(let text):
                afterMarks.append(position + 1)
                if text.hasPrefix("closed ") { afterClosings.append(position + 1) }
            default: break
            }
        }
        let anywhere = Array(beginning...events.count)
        let moments = [anywhere, beforeSyncs, afterMarks].filter { !$0.isEmpty }
        return (0..<count).map { position in
            let choices = position % 10 == 9 ? afterClosings : moments[position % moments.count]
            let moment = choices.randomElement(using: &random) ?? beginning
            return PowerCut(eventCount: moment, loss: .draw(using: &random))
        }.sorted { $0.eventCount < $1.eventCount }
    }

    /// What the process told, each with the number of events that came before it.
    public var journal: [(eventCount: Int, entry: JournalEntry)] {
        events.enumerated().flatMap { position, event in
            guard case .mark(let text) = event else { return [(Int, JournalEntry)]() }
            return text.split(whereSeparator: \.isNewline).compactMap { line in
                JournalEntry(line: line).map { (position, $0) }
            }
        }
    }
}
