import Foundation
import Testing

@Suite struct AuditTests {
    @Test func aSoundStoreIsSound() async throws {
        let store = try TestStore()
        let log = try await store.appendLines(["a", "b", "c"])
        try await store.succeed("append", "--name", "empty")
        let reports = try await store.succeed("audit", "--json").objects(Audited.self)
        #expect(reports.count == 2 && reports.allSatisfy { $0.event == "audited" && $0.sound && $0.signatureHolds })
        #expect(reports.contains { $0.key == log.key && $0.checkedBlocks == 3 && $0.checkedNodes > 0 })
        #expect(try await store.succeed("verify", "--name", "log").text == "\(log.key): 3 blocks checked, sound\n")
        #expect(try await store.succeed("audit", "--key", log.key, "--repair").text.hasSuffix("sound\n"))
    }

    @Test func damageIsFoundAndRepaired() async throws {
        let (store, origin) = (try TestStore(), try TestStore())
        // Long enough for the bytes of a block to be found in the file.
        let lines = (0..<20).map { number in String(repeating: "line \(number) ", count: 40) }
        let log = try await store.appendLines(lines)
        try await store.succeed("backup", origin.path)
        try store.replaceInFile(lines[7], with: String(lines[7].reversed()))

        let found = try await store.run("verify", "--name", "log", "--json")
        #expect(found.status == 1)
        #expect(try found.problems().map(\.message) == ["1 core is damaged"])
        let damage = try JSONDecoder().decode(Damage.self, from: Data(found.text.split(separator: "\n")[0].utf8))
        #expect(damage.event == "damage" && damage.kind == "block" && damage.index == 7 && damage.key == log.key)
        let report = try #require(try found.last(Audited.self))
        #expect(!report.sound && report.damagedBlocks == 1 && report.droppedBlocks == 0)

        let dry = try await store.run("audit")
        #expect(dry.status == 1 && dry.text.contains("block 7 is not what was signed"))
        let repaired = try await store.run("audit", "--repair", "--json")
        #expect(repaired.status == 0, "\(repaired.error)")
        #expect(try #require(try repaired.last(Audited.self)).droppedBlocks == 1)
        try await store.succeed("verify", "--name", "log")
        #expect(try await store.run("get", "--name", "log", "7").status == 1)

        // Whoever has the block brings it again.
        let (server, address) = try await origin.serve()
        try await store.succeed("sync", address, "--key", log.key)
        server.send(SIGTERM)
        #expect(await server.status() == 0)
        #expect(try await store.succeed("get", "--name", "log", "7").text == lines[7])
    }

    @Test func makesNothingOfWhatIsMissing() async throws {
        let store = try TestStore()
        for command in [["audit"], ["audit", "--repair"], ["verify", "--name", "log"]] {
            #expect(try await Command.run(command + ["--store", store.path]).status == 1)
        }
        #expect(!FileManager.default.fileExists(atPath: store.path))
        _ = try await store.appendLines(["a"])
        for command in ["audit", "verify"] {
            let result = try await store.run(command, "--name", "missing")
            #expect(result.status == 1 && result.error.hasPrefix("Error: no"))
        }
    }
}

@Suite struct SeekTests {
    @Test func findsTheBlockOfAByte() async throws {
        let store = try TestStore()
        let log = try await store.appendLines(["abc", "", "de"])
        for (byte, place) in [(0, (0, 0)), (2, (0, 2)), (4, (2, 1)), (5, (3, 0))] {
            let found = try #require(
                try await store.succeed("seek", "--name", "log", "\(byte)", "--json").last(Place.self))
            #expect(found.block == place.0 && found.offset == place.1)
        }
        #expect(try await store.succeed("seek", "--key", log.key, "1").text == "block 0, offset 1\n")
        let past = try await store.run("seek", "--name", "log", "6")
        #expect(past.status == 1 && past.error.contains("past the end"))
    }

    private struct Place: Decodable {
        let block: Int
        let offset: Int
    }
}

extension TestStore {
    /// Changes bytes in the store's file that stand there once.
    fileprivate func replaceInFile(_ text: String, with other: String) throws {
        let file = URL(filePath: path).appending(path: "data/1/data.mdb")
        var bytes = try Data(contentsOf: file)
        let place = try #require(bytes.firstRange(of: Data(text.utf8)))
        bytes.replaceSubrange(place, with: Data(other.utf8))
        try bytes.write(to: file)
    }
}
