import StorageEngine
import Testing

@testable import StorageLMDB

@Suite struct TrustRecordTests {
    private static let stamp = FileStamp(inode: 12, birth: "1795232507.595412635", generation: 623_880_537)
    private static let bare = FileStamp(inode: 13, birth: nil, generation: nil)

    private static func record(
        _ state: TrustRecord.State, _ doubt: HistoryDoubt? = nil, places: Int = 1
    ) -> TrustRecord {
        let all = [
            TrustRecord.Place(file: stamp, machine: "9ae16a3b2f90404f", transaction: 17),
            TrustRecord.Place(file: bare, machine: nil, transaction: .max),
        ]
        return TrustRecord(state: state, doubt: doubt, itself: bare, places: Array(all.prefix(places)))
    }

    private static let all: [TrustRecord] = [
        record(.clean), record(.clean, .copied, places: 2), record(.dirty(boot: "boot")),
        record(.dirty(boot: nil), .uncleanStop, places: 2),
    ]

    @Test(arguments: all) func `a record is read as it was written`(_ record: TrustRecord) throws {
        #expect(try TrustRecord(text: record.text, path: "trust") == record)
        #expect(record.text.utf8.count < TrustRecord.maximumByteCount)
    }

    @Test func `a record is text for people`() {
        #expect(
            Self.record(.dirty(boot: "527cbbf2"), .copied).text == """
                swift-corestore-trust 1
                state dirty 527cbbf2
                doubt copied
                self inode=13
                place inode=12 birth=1795232507.595412635 generation=623880537 machine=9ae16a3b2f90404f transaction=17
                end

                """)
    }

    @Test(arguments: all) func `a record that is cut off anywhere is refused`(_ record: TrustRecord) {
        for count in 0..<record.text.count {
            expectThrows(.corrupt) { _ = try TrustRecord(text: String(record.text.prefix(count)), path: "trust") }
        }
    }

    @Test(arguments: all) func `no changed byte makes a record cleaner than it was`(_ record: TrustRecord) {
        let bytes = Array(record.text.utf8)
        for index in bytes.indices {
            for byte in (0..<8).map({ bytes[index] ^ 1 << $0 }) + Array(" =0\n".utf8) where byte != bytes[index] {
                var changed = bytes
                changed[index] = byte
                let text = String(decoding: changed, as: UTF8.self)
                guard let read = try? TrustRecord(text: text, path: "trust") else { continue }
                #expect((read.state == .clean) == (record.state == .clean), "\(text)")
                #expect(read.doubt == record.doubt, "\(text)")
                #expect(read != record || text.contains("=+") || text.contains("=0"), "\(text)")
            }
        }
    }

    @Test(arguments: [
        "title", "state", "doubt", "self", "place", "end",
    ]) func `a record without one of its lines is refused`(_ line: String) {
        let lines = Self.record(.clean).text.split(separator: "\n", omittingEmptySubsequences: false)
        let rest = lines.filter { !$0.hasPrefix(line == "title" ? "swift" : line) }
        #expect(rest.count == lines.count - 1)
        expectThrows(.corrupt) { _ = try TrustRecord(text: rest.joined(separator: "\n"), path: "trust") }
    }

    // MARK: Judging

    private static let place = TrustRecord.Place(file: stamp, machine: "machine", transaction: 17)

    /// A record of ``place`` in a file with the stamp ``bare``.
    private static func known(_ state: TrustRecord.State) -> TrustRecord {
        TrustRecord(state: state, itself: bare, places: [place])
    }

    @Test func `what is unknown of a file is not compared`() {
        let record = Self.known(.clean)
        var found = Self.place
        found.file.birth = nil
        found.machine = nil
        #expect(record.judge(found, itself: Self.bare, boot: nil) == .whole)
        found.file.generation = 1
        #expect(record.judge(found, itself: Self.bare, boot: nil) == .doubtful(.copied))
    }

    @Test func `every part of the place counts`() {
        let changes: [(inout TrustRecord.Place) -> Void] = [
            { $0.file.inode += 1 }, { $0.file.birth = "1.1" }, { $0.file.generation = 0 }, { $0.machine = "other" },
            { $0.transaction -= 1 },
        ]
        for change in changes {
            var found = Self.place
            change(&found)
            for state in [TrustRecord.State.clean, .dirty(boot: "boot")] {
                let judgement = Self.known(state).judge(found, itself: Self.bare, boot: "boot")
                #expect(judgement == .doubtful(.copied), "\(found)")
            }
        }
        var later = Self.place
        later.transaction += 100
        #expect(Self.known(.clean).judge(later, itself: Self.bare, boot: nil) == .whole)
        #expect(Self.known(.clean).judge(later, itself: Self.stamp, boot: nil) == .doubtful(.copied))
    }

    @Test func `a dirty store is doubted under every other start of the system`() {
        func judge(_ since: String?, _ now: String?) -> TrustRecord.Judgement {
            Self.known(.dirty(boot: since)).judge(Self.place, itself: Self.bare, boot: now)
        }
        #expect(judge("1", "1") == .interrupted)
        #expect(judge("1", "2") == .doubtful(.uncleanStop))
        #expect(judge("1", nil) == .doubtful(.uncleanStop))
        #expect(judge(nil, "1") == .doubtful(.uncleanStop))
        #expect(judge(nil, nil) == .doubtful(.uncleanStop))
    }

    @Test func `this machine knows itself`() {
        #expect(Machine.current == Machine.current)
        #if os(Linux)
        #expect(Machine.current.boot != nil)
        #endif
        #expect(Machine(boot: nil, id: "a").fingerprint != Machine(boot: nil, id: "b").fingerprint)
        #expect(Machine(boot: nil, id: "a").fingerprint?.count == 16)
    }
}
