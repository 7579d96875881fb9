import HuntWorkload
import Testing

@testable import HuntAudit

/// A store with one log, and the story of how it came to be: each test takes something from either.
private struct Story {
    var base = StoreContents()
    var entries: [JournalEntry] = []
    var found = StoreContents()

    /// Three single appends by task 0, then one of two blocks by task 1; "log" has five blocks then.
    init() {
        for number in 0..<3 { append(operation(0, number), count: 1) }
        append(operation(1, 0), count: 2)
    }

    var broken: Set<Violation.Invariant> {
        Set(ExpectedHistory.violations(of: found, since: base, entries).map(\.invariant))
    }

    private(set) var log: CoreContents {
        get { found.cores["log"] ?? CoreContents(key: "log", name: "log", fork: 0, length: 0) }
        set { found.cores["log"] = newValue }
    }

    mutating func change(_ body: (inout CoreContents) -> Void) { body(&log) }

    mutating func append(_ id: OperationID, count: Int, isAcknowledged: Bool = true) {
        entries.append(.began(id, .append(core: "log", firstPart: 0, count: count, length: nil)))
        for part in 0..<count {
            log.blocks[log.length] = BlockContent(operation: id, part: UInt32(part), parts: UInt32(count))
            log.length += 1
        }
        guard isAcknowledged else { return }
        entries.append(.acknowledged(id, .append(core: "log", firstPart: 0, count: count, length: log.length)))
    }

    mutating func tell(_ id: OperationID, _ change: Change, isAcknowledged: Bool = true) {
        entries.append(.began(id, change))
        if isAcknowledged { entries.append(.acknowledged(id, change)) }
    }

    /// What was found is what was there before, and nothing has been told since.
    mutating func settle() {
        base = found
        entries = []
    }
}

private func operation(_ task: Int, _ number: Int) -> OperationID {
    OperationID(session: 0, task: task, number: number)
}

@Suite("What must be there after a crash")
struct ExpectedHistoryTests {
    @Test("is there")
    func green() {
        var story = Story()
        #expect(story.broken == [])
        story.settle()
        #expect(story.broken == [])
    }

    @Test("is missing, if any acknowledged block is", arguments: 0..<5 as Range<UInt64>)
    func lostBlock(index: UInt64) {
        var story = Story()
        story.change { $0.blocks[index] = nil }
        #expect(story.broken.contains(.acknowledged))
        story = Story()
        story.settle()
        story.change { $0.blocks[index] = nil }
        #expect(story.broken.contains(.acknowledged))
    }

    @Test("is missing, if a log is")
    func lostLog() {
        var story = Story()
        story.entries.append(.created(core: "log", name: "log"))
        story.found = StoreContents()
        #expect(story.broken.contains(.acknowledged))
        story = Story()
        story.settle()
        story.found = StoreContents()
        #expect(story.broken.contains(.acknowledged))
    }

    @Test("may be more than what was acknowledged, but not half of something")
    func underWay() {
        var story = Story()
        story.append(operation(1, 1), count: 3, isAcknowledged: false)
        #expect(story.broken == [])
        story.change { log in
            log.length -= 1
            log.blocks[log.length] = nil
        }
        #expect(story.broken == [.whole])
    }

    @Test("is there once, and in order")
    func order() {
        var story = Story()
        story.change { log in
            log.blocks[log.length] = log.blocks[0]
            log.length += 1
        }
        #expect(story.broken.contains(.once))
        story = Story()
        story.append(operation(0, 4), count: 1)
        story.append(operation(0, 3), count: 1)
        #expect(story.broken == [.once])
    }

    @Test("may have been cut off by what was told, but not below that")
    func truncation() {
        var story = Story()
        story.tell(operation(2, 0), .truncate(core: "log", length: 4))
        #expect(story.broken.contains(.acknowledged), "it was acknowledged and has not happened")
        story.change { log in
            log.length = 4
            log.blocks[4] = nil
            log.fork = 1
        }
        #expect(story.broken == [])
        story.change { $0.fork = 0 }
        #expect(story.broken == [.acknowledged], "no fork was begun")
        story.change { log in
            log.fork = 1
            log.blocks[3] = nil
        }
        #expect(story.broken.contains(.acknowledged), "too much was cut off")
    }

    @Test("may have been cut off by what is under way, or not")
    func truncationUnderWay() {
        var story = Story()
        story.tell(operation(2, 0), .truncate(core: "log", length: 3), isAcknowledged: false)
        #expect(story.broken == [])
        story.change { log in
            log.length = 3
            log.blocks = log.blocks.filter { $0.key < 3 }
            log.fork = 1
        }
        #expect(story.broken == [])
    }

    @Test("is not excused by a truncation that was over before it began")
    func truncationBefore() {
        var story = Story()
        story.tell(operation(2, 0), .truncate(core: "log", length: 0))
        story.change { $0 = CoreContents(key: "log", name: "log", fork: 1, length: 0) }
        story.append(operation(0, 9), count: 1)
        #expect(story.broken == [])
        story.change { $0.blocks[0] = nil }
        #expect(story.broken == [.acknowledged])
    }

    @Test("is gone if it was cleared, and only that")
    func clearing() {
        var story = Story()
        story.tell(operation(2, 0), .clear(core: "log", 1..<2))
        #expect(story.broken == [.acknowledged], "it was acknowledged and has not happened")
        story.change { $0.blocks[1] = nil }
        #expect(story.broken == [])
        story.change { $0.blocks[2] = nil }
        #expect(story.broken == [.acknowledged])
    }

    @Test("is gone if it was purged")
    func purging() {
        var story = Story()
        story.tell(operation(2, 0), .purge(core: "log"), isAcknowledged: false)
        #expect(story.broken == [])
        story.tell(operation(2, 1), .purge(core: "log"))
        #expect(story.broken == [.acknowledged])
        story.found = StoreContents()
        #expect(story.broken == [])
    }

    @Test("is what was kept last, or is about to be")
    func kept() {
        var story = Story()
        story.tell(operation(1, 5), .keep(core: "log", key: "task-1"))
        #expect(story.broken == [.acknowledged])
        story.change { $0.kept["task-1"] = operation(1, 5) }
        #expect(story.broken == [])
        story.tell(operation(1, 6), .keep(core: "log", key: "task-1"), isAcknowledged: false)
        #expect(story.broken == [])
        story.change { $0.kept["task-1"] = operation(1, 6) }
        #expect(story.broken == [])
        story.change { $0.kept["task-1"] = operation(1, 4) }
        #expect(story.broken == [.acknowledged])
    }

    @Test("is all of an operation, blocks and user data")
    func keptWithBlocks() {
        var story = Story()
        story.append(operation(1, 5), count: 1, isAcknowledged: false)
        story.tell(operation(1, 5), .keep(core: "log", key: "task-1"), isAcknowledged: false)
        #expect(story.broken == [.whole])
        story.change { $0.kept["task-1"] = operation(1, 5) }
        #expect(story.broken == [])
        story.change { log in
            log.length -= 1
            log.blocks[log.length] = nil
        }
        #expect(story.broken == [.whole])
    }

    @Test("is none of what was declined, and nothing fails without a reason")
    func declined() {
        var story = Story()
        story.entries.append(.declined(operation(1, 0)))
        #expect(story.broken.contains(.reported))
        story = Story()
        story.entries.append(.failed(operation(1, 0), message: "?"))
        #expect(story.broken == [.reported])
    }

    @Test("is what peers were told", arguments: [(0, 6), (1, 1)] as [(UInt64, UInt64)])
    func told(fork: UInt64, length: UInt64) {
        var story = Story()
        story.entries.append(.told(core: "log", fork: fork, length: length, treeHash: ""))
        #expect(story.broken == [.told])
    }

    @Test("is what peers were told, in another fork than theirs too")
    func toldBefore() {
        var story = Story()
        story.tell(operation(2, 0), .truncate(core: "log", length: 5))
        story.change { $0.fork = 1 }
        story.entries.append(.told(core: "log", fork: 0, length: 50, treeHash: ""))
        #expect(story.broken == [])
    }

    @Test("is whole also where the past may be missing")
    func rolledBack() {
        var story = Story()
        story.change { log in
            log.length = 4
            log.blocks[4] = nil
        }
        let violations = ExpectedHistory.violationsWherePastMayBeMissing(
            of: story.found, since: story.base, story.entries)
        #expect(violations.map(\.invariant) == [.whole])
        story.change { log in
            log.length = 3
            log.blocks[3] = nil
        }
        #expect(
            ExpectedHistory.violationsWherePastMayBeMissing(of: story.found, since: story.base, story.entries).isEmpty)
    }
}
