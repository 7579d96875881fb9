import HuntWorkload
import Testing

@testable import HuntDisk

private let root = Inode(1)
private let file = Inode(2)
private let page = FileOnDisk.pageByteCount
private let sector = FileOnDisk.sectorByteCount

/// Events with less noise.
private func write(_ byte: UInt8, _ count: Int, at offset: Int = 0, to inode: Inode = file) -> DiskEvent {
    .written(inode, offset: offset, ArraySlice(repeating: byte, count: count))
}
private func sync(_ inode: Inode = file, isDataOnly: Bool = true) -> [DiskEvent] {
    [.syncBegun(inode, isDataOnly: isDataOnly), .syncEnded(inode, isDataOnly: isDataOnly)]
}
private let begun: [DiskEvent] =
    [.root(root), .named(in: root, "file", file, isDirectory: false)] + sync(root, isDataOnly: false) + [.begins]

/// What may be left of a file, over many draws.
private func images(
    of events: [DiskEvent], _ pages: Loss.Pages, _ names: Loss.Names = .all, ignoring: SyncKind? = nil,
    file: String = "file", count: UInt64 = 200
) -> Set<[UInt8]?> {
    var disk = Disk(ignoring: ignoring)
    for event in events { disk.apply(event) }
    return Set(
        (0..<count).map { seed in
            var random = SeededRandom(seed)
            return disk.image(after: Loss(pages: pages, names: names), using: &random).files[file]?.bytes
        })
}

private func bytes(_ parts: (UInt8, Int)...) -> [UInt8] { parts.flatMap { [UInt8](repeating: $0.0, count: $0.1) } }

@Suite("After a power cut, a file")
struct FileOnDiskTests {
    @Test("holds what was synced, whatever is lost", arguments: Loss.Pages.allCases)
    func synced(pages: Loss.Pages) {
        #expect(images(of: begun + [write(1, 3 * page)] + sync(), pages) == [bytes((1, 3 * page))])
    }

    @Test("may hold none or all of what was not")
    func unsynced() {
        let events = begun + [write(1, page)] + sync() + [write(2, page), write(3, page, at: page)]
        #expect(images(of: events, .none) == [bytes((1, page))])
        #expect(images(of: events, .all) == [bytes((2, page), (3, page))])
    }

    @Test("holds each page in any of its later states, whole")
    func anyPages() {
        let events = begun + [write(1, 2 * page)] + sync() + [write(2, 2 * page), write(3, page)]
        let expected = Set([1, 2, 3].flatMap { first in [1, 2].map { bytes((first, page), ($0, page)) } })
        #expect(images(of: events, .some) == expected)
    }

    @Test("holds sectors of several states where pages are torn")
    func torn() {
        let events = begun + [write(1, page)] + sync() + [write(2, page)]
        let found = images(of: events, .torn)
        #expect(found.contains { Set($0 ?? []) == [1, 2] })
        for image in found {
            for start in stride(from: 0, to: page, by: sector) {
                #expect(Set(image?[start..<start + sector] ?? []).count == 1)
            }
        }
    }

    @Test("holds the first two pages and not the others, or the others and not those")
    func metas() {
        let events = begun + [write(1, 3 * page)] + sync() + [write(2, 3 * page)]
        #expect(images(of: events, .onlyMetas) == [bytes((2, 2 * page), (1, page))])
        #expect(images(of: events, .metasLast) == [bytes((1, 2 * page), (2, page))])
        #expect(images(of: events, .metasFirst) == [bytes((2, 3 * page)), bytes((2, 2 * page), (1, page))])
    }

    @Test("may lack what was written while a sync was under way")
    func overlappingSync() {
        let events =
            begun + [
                write(1, page), .syncBegun(file, isDataOnly: true), write(2, page), .syncEnded(file, isDataOnly: true),
            ]
        #expect(images(of: events, .some) == [bytes((1, page)), bytes((2, page))])
    }

    @Test("holds a write that waits, and nothing else by it")
    func waitingWrite() {
        let events =
            begun + [write(1, 2 * page)] + sync()
            + [write(2, page, at: page), write(3, sector), .writeSynced(file, offset: 0, length: sector)]
        #expect(images(of: events, .none) == [bytes((3, sector), (1, 2 * page - sector))])
    }

    @Test("is never shorter than what it holds, and reads as zeros in between")
    func length() {
        let events = begun + [write(1, sector)] + sync() + [write(2, page, at: page)]
        #expect(
            images(of: events, .some) == [
                bytes((1, sector)), bytes((1, sector), (0, 2 * page - sector)),
                bytes((1, sector), (0, page - sector), (2, page)),
            ])
    }

    @Test("may be as long as before it was cut")
    func cut() {
        let events = begun + [write(1, 2 * sector)] + sync() + [.lengthSet(file, sector)]
        #expect(images(of: events, .none) == [bytes((1, 2 * sector))])
        #expect(images(of: events, .all) == [bytes((1, sector))])
    }

    @Test(
        "loses what a disk did not sync that said it had",
        arguments: [(SyncKind.data, true), (.file, false)])
    func sabotage(kind: SyncKind, isDataOnly: Bool) {
        let events = begun + [write(1, page)] + sync(isDataOnly: isDataOnly)
        #expect(images(of: events, .none) == [bytes((1, page))])
        #expect(images(of: events, .none, ignoring: kind) == [[]])
    }
}

@Suite("After a power cut, a name")
struct DirectoryNamesTests {
    private let other = Inode(3)

    @Test("that was not synced may be missing")
    func created() {
        let events = begun + [.named(in: root, "new", other, isDirectory: false)]
        #expect(images(of: events, .all, .none, file: "new") == [nil])
        #expect(images(of: events, .all, .all, file: "new") == [[]])
        #expect(images(of: events, .all, .some, file: "new") == [nil, []])
        #expect(images(of: events + sync(root, isDataOnly: false), .all, .none, file: "new") == [[]])
        #expect(
            images(of: events + sync(root, isDataOnly: false), .all, .none, ignoring: .directory, file: "new") == [nil])
    }

    @Test("is not synced by syncing its file")
    func fileSync() {
        let events =
            begun + [.named(in: root, "new", other, isDirectory: false), write(1, 4, to: other)]
            + sync(other, isDataOnly: false)
        #expect(images(of: events, .none, .none, file: "new") == [nil])
        #expect(images(of: events, .none, .all, file: "new") == [bytes((1, 4))])
    }

    @Test("leads to the old or the new file while it is replaced, and never to none")
    func replaced() {
        let events: [DiskEvent] =
            begun + [write(1, 4)] + sync()
            + [.named(in: root, "draft", other, isDirectory: false), write(2, 4, to: other)] + sync(other)
            + [.renamed(from: root, "draft", to: root, "file", other)]
        for names in Loss.Names.allCases {
            #expect(images(of: events, .none, names).isSubset(of: [bytes((1, 4)), bytes((2, 4))]))
        }
        #expect(images(of: events, .none, .some) == [bytes((1, 4)), bytes((2, 4))])
    }

    @Test("is lost with those before it, where the file system keeps a journal")
    func ordered() {
        let events =
            begun + [
                .named(in: root, "first", other, isDirectory: false),
                .named(in: root, "second", Inode(4), isDirectory: false),
            ]
        var disk = Disk()
        for event in events { disk.apply(event) }
        for seed in 0..<50 as Range<UInt64> {
            var random = SeededRandom(seed)
            let image = disk.image(after: Loss(pages: .all, names: .ordered), using: &random)
            #expect(image.files["second"] == nil || image.files["first"] != nil)
        }
    }
}

@Suite("A record of file calls")
struct DiskTraceTests {
    private func header(_ kind: UInt32, _ inode: UInt64, _ offset: UInt64, _ payload: [UInt8]) -> [UInt8] {
        func bytes(_ number: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: number) { Array($0) } }
        return bytes(kind) + bytes(0 as UInt32) + bytes(inode) + bytes(offset) + bytes(UInt64(payload.count)) + payload
    }

    @Test("is read up to the last whole event, and refused where it is of another kind")
    func reading() throws {
        let whole = header(10, 1, 0, []) + header(4, 2, 512, [1, 2, 3])
        for length in 0...whole.count {
            let trace = try DiskTrace(reading: Array(whole.prefix(length)))
            #expect(trace.events.count == (length < 32 ? 0 : length < whole.count ? 1 : 2))
        }
        #expect(throws: MalformedTrace.self) { try DiskTrace(reading: header(99, 0, 0, [])) }
    }

    @Test("leads to the same power cuts for the same seed, none of them before the process began")
    func cuts() {
        let trace = DiskTrace(events: begun + [write(1, page)] + sync() + [.mark("opened 0\n")])
        let cuts = trace.powerCuts(300, seed: 5)
        #expect(cuts == trace.powerCuts(300, seed: 5))
        #expect(cuts != trace.powerCuts(300, seed: 6))
        #expect(Set(cuts.map(\.eventCount)) == Set(begun.count...begun.count + 4))
        #expect(trace.journal.map(\.entry) == [.opened(session: 0)])
        #expect(trace.journal.map(\.eventCount) == [begun.count + 3])
    }
}
