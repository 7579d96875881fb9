import HuntWorkload
import Testing

@Suite("What a writer tells")
struct JournalTests {
    static let entries: [JournalEntry] = [
        .opened(session: 3), .closed(session: 0), .created(core: "abc", name: "log-1"),
        .began(id, .append(core: "abc", firstPart: 2, count: 3, length: nil)),
        .acknowledged(id, .append(core: "abc", firstPart: 2, count: 3, length: 17)),
        .began(id, .truncate(core: "abc", length: 0)), .acknowledged(id, .clear(core: "abc", 3..<9)),
        .acknowledged(id, .store(core: "abc", 0..<1)), .began(id, .keep(core: "abc", key: "task-1")),
        .acknowledged(id, .purge(core: "abc")), .declined(id), .failed(id, message: "the disk is full"),
        .told(core: "abc", fork: 2, length: 9, treeHash: "00ff"),
    ]
    private static let id = OperationID(session: 0xfffe, task: 7, number: 123_456)

    @Test("is one line an entry, and is read back as it was", arguments: entries)
    func roundTrip(_ entry: JournalEntry) {
        #expect(!entry.line.contains("\n"))
        #expect(JournalEntry(line: entry.line) == entry)
    }

    @Test("is not read where a line is cut off or goes on", arguments: entries)
    func malformed(_ entry: JournalEntry) {
        #expect(JournalEntry(line: entry.line + " more") != entry)
        let words = entry.line.split(separator: " " as Character)
        for count in 0..<words.count {
            #expect(JournalEntry(line: words.prefix(count).joined(separator: " ")) != entry)
        }
    }

    @Test("keeps a message of several lines on one")
    func message() {
        let entry = JournalEntry.failed(Self.id, message: "one\ntwo")
        #expect(JournalEntry(line: entry.line) == .failed(Self.id, message: "one two"))
    }
}

@Suite("A block of a hunt")
struct BlockContentTests {
    private let content = BlockContent(operation: OperationID(session: 1, task: 2, number: 3), part: 1, parts: 4)

    @Test("says what wrote it")
    func roundTrip() {
        for part in 0..<40 as Range<UInt32> {
            let content = BlockContent(operation: OperationID(session: 9, task: 0, number: 5), part: part, parts: 40)
            #expect(BlockContent(bytes: content.bytes(seed: 7), seed: 7) == content)
        }
    }

    @Test("is none with any byte changed, cut off, or of another seed")
    func mutations() {
        let bytes = content.bytes(seed: 7)
        for index in bytes.indices {
            var changed = bytes
            changed[index] ^= 0x10
            #expect(BlockContent(bytes: changed, seed: 7) != content, "byte \(index)")
        }
        #expect(BlockContent(bytes: bytes.dropLast(), seed: 7) == nil)
        #expect(BlockContent(bytes: bytes + [0], seed: 7) == nil)
        #expect(BlockContent(bytes: bytes, seed: 8) == nil)
    }
}

extension BlockContent {
    fileprivate init?(bytes: some Collection<UInt8>, seed: UInt64) {
        self.init(bytes: Array(bytes), seed: seed)
    }
}
