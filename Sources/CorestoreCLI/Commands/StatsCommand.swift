import ArgumentParser
import Corestore
import Hypercore

/// `corestore stats`: what a store, or a core in it, takes on the disk.
struct StatsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats",
        abstract: "Show what the store, or a core in it, takes on the disk.",
        discussion: """
            Reads beside a running serve, append or sync. It looks at every record, so it takes a while in a large store. \
            The block ratio is what a byte of block takes as it is stored: below 1 where compression pays.

            EXAMPLES
              corestore stats
              corestore stats --name log
              corestore stats --key KEY --json
            """
    )

    @OptionGroup var options: StoreOptions
    @OptionGroup var selection: OptionalCoreSelection

    func run() async throws {
        let console = Console(json: options.json)
        let record = try await options.withStore(.reading) { store in
            if let core = try await selection.open(in: store) {
                return StatsRecord(try await core.storageInfo(), of: core)
            }
            return StatsRecord(try await store.storageInfo(), coreCount: try await count(store.list()))
        }
        try console.json ? console.print(json: record) : console.print(table: rows(for: record))
    }

    private func count(_ cores: CoreList) async throws -> UInt64 {
        var count: UInt64 = 0
        for try await _ in cores { count += 1 }
        return count
    }

    private func rows(for record: StatsRecord) -> [(label: String, value: String)] {
        var rows: [(label: String, value: String)] = []
        if let key = record.key { rows.append(("key", key)) }
        if let cores = record.cores { rows.append(("cores", Words.grouped(cores))) }
        rows += [
            ("blocks", words(for: record.blocks)), ("tree nodes", words(for: record.tree)),
            ("other records", words(for: record.other)), ("stored", Words.bytes(record.storedBytes)),
            (
                "block ratio",
                record.blockRatio.map { "\(Words.ratio($0)) stored bytes a byte, with keys" } ?? "no blocks"
            ),
        ]
        if let fileBytes = record.fileBytes { rows.append(("file", Words.bytes(fileBytes))) }
        if let freeBytes = record.freeBytes { rows.append(("free in it", Words.bytes(freeBytes))) }
        return rows
    }

    private func words(for space: StatsRecord.Space) -> String {
        "\(Words.grouped(space.records)), \(Words.bytes(space.bytes)), stored as \(Words.bytes(space.storedBytes))"
    }
}
