/// One thing that a writer's task does.
public enum Operation: Sendable {
    /// A step on one of the shared logs, alone.
    case change(Step)
    /// Steps on several of the shared logs, all or nothing.
    case atomically([Step])
    /// Makes a log and appends to it.
    case create(count: Int, isPurged: Bool)
    /// Downloads a stretch of the source's log.
    case download(Range<UInt64>)
    /// Waits for one block of the source's log.
    case get(UInt64)
    /// Forgets blocks of the source's log.
    case clearMirror(Range<UInt64>)
    /// Rewrites the store's file.
    case compact

    /// A change to one of the shared logs, by its number.
    public enum Step: Sendable {
        case append(log: Int, count: Int)
        /// Cuts off so many blocks; no more than there are.
        case cut(log: Int, count: UInt64)
        /// Forgets blocks that begin so far before the end of the log.
        case clear(log: Int, back: UInt64, count: UInt64)
        /// Keeps the operation's number as user data.
        case keep(log: Int)
    }
}

// MARK: - Drawing

extension Operation {
    /// Draws what a task does next.
    static func draw(for plan: WriterSession.Plan, using random: inout SeededRandom) -> Operation {
        switch random.below(32) {
        case 0: .create(count: 1 + random.below(3), isPurged: random.oneIn(2))
        case 1,
            2 where plan.downloads:
            .get(UInt64.random(in: 0..<plan.sourceLength, using: &random))
        case 3,
            4 where plan.downloads:
            .download(stretch(of: plan.sourceLength, using: &random))
        case 5 where plan.downloads: .clearMirror(stretch(of: plan.sourceLength, using: &random))
        case 6 where random.oneIn(3): .compact
        case 6...10: .atomically(drawSteps(for: plan, using: &random))
        default: .change(.draw(log: random.below(plan.logs), using: &random))
        }
    }

    private static func stretch(of length: UInt64, using random: inout SeededRandom) -> Range<UInt64> {
        let start = UInt64.random(in: 0..<length, using: &random)
        return start..<min(length, start + 1 + UInt64(random.below(12)))
    }

    private static func drawSteps(for plan: WriterSession.Plan, using random: inout SeededRandom) -> [Step] {
        let logs = Array(0..<plan.logs).shuffled(using: &random)
        // The first step of a batch appends, so that there is always something that tells whether it happened.
        var steps = [Step.append(log: logs[0], count: 1 + random.below(3)), .keep(log: logs[1])]
        for log in logs.prefix(1 + random.below(3)) { steps.append(.draw(log: log, using: &random)) }
        return steps
    }
}

extension Operation.Step {
    fileprivate static func draw(log: Int, using random: inout SeededRandom) -> Operation.Step {
        switch random.below(24) {
        // One log is never cut: peers can follow it however long it gets.
        case 0...2 where log > 0:
            .cut(log: log, count: UInt64(random.oneIn(6) ? random.below(200) : 1 + random.below(8)))
        case 3, 4: .clear(log: log, back: UInt64(1 + random.below(40)), count: UInt64(1 + random.below(10)))
        case 5: .keep(log: log)
        case 6...11: .append(log: log, count: 2 + random.below(12))
        default: .append(log: log, count: 1)
        }
    }
}
