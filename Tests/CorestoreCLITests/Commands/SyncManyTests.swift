import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct SyncManyTests {
    private static let unserved = String(repeating: "y", count: 52)

    /// A store of three cores, of one, two and three blocks.
    private func origin() async throws -> (store: TestStore, keys: [String]) {
        let store = try TestStore()
        var keys: [String] = []
        for count in 1...3 {
            keys.append(try await store.appendLines((0..<count).map { "\($0)" }, name: "log\(count)").key)
        }
        return (store, keys)
    }

    @Test func copiesAllOfThemInAnyOrderOfWords() async throws {
        let (origin, keys) = try await origin()
        try await origin.serving { _, address in
            for words in [[keys[0], keys[1], address, keys[2]], ["--from", address] + keys] {
                let copy = try TestStore()
                let result = try await Command.run(["sync", "--store", copy.path, "--json"] + words)
                #expect(result.status == 0 && result.error.isEmpty)
                let summary = try #require(try result.last(Summary.self))
                #expect(summary.event == "finished" && summary.cores == 3 && summary.complete == 3)
                #expect(summary.failed == 0 && summary.downloadedBlocks == 6)
                #expect(try await copy.succeed("cat", "--key", keys[2]).text == "012")
            }
        }
    }

    @Test func oneThatIsNotServedStopsNoOther() async throws {
        let (origin, keys) = try await origin()
        try await origin.serving { _, address in
            let copy = try TestStore()
            let result = try await copy.run("sync", address, Self.unserved, keys[0], keys[1], "--json")
            #expect(result.status == 1)
            #expect(try result.last(Summary.self)?.complete == 2)
            let problems = try result.problems()
            #expect(problems.map(\.event) == ["warning", "error"])
            #expect(problems[0].key == Self.unserved && problems[0].message.contains("does not have the core"))
            #expect(problems[1].status == 1 && problems[1].message == "1 of 3 cores could not be had")
            #expect(try await copy.succeed("list", "--json").objects(CoreInfo.self).count == 2, "it left no trace")
        }
    }

    @Test func takesKeysFromAFileAndSaysWhichLinesHoldNone() async throws {
        let (origin, keys) = try await origin()
        let text = "# ours\n\n  \(keys[0]) the first\r\nnonsense\n\(keys[1])\n\(keys[0])\n\(keys[2])"
        let file = origin.directory.file("keys", Array(text.utf8)).path
        try await origin.serving { _, address in
            let copy = try TestStore()
            let result = try await copy.run("sync", address, "--keys", file)
            #expect(result.status == 1)
            let lines = result.error.split(separator: "\n")
            #expect(lines.count == 3)
            #expect(lines[0].hasPrefix("\(file):4: a text of 8 characters is no key"))
            #expect(lines[1] == "\(file):6: \(keys[0]) was there before")
            #expect(lines[2] == "Error: 1 of 4 cores could not be had")
            #expect(try await copy.succeed("list", "--json").objects(CoreInfo.self).count == 3)

            let other = try TestStore()
            let list = Array(keys.joined(separator: "\n").utf8)
            try await other.succeed("sync", address, "--keys", "-", input: list)
            #expect(try await other.succeed("cat", "--key", keys[1]).text == "01")
        }
    }

    @Test func aListThatIsMissingMakesNoStore() async throws {
        let copy = try TestStore()
        let result = try await copy.run("sync", "127.0.0.1:1", "--keys", "/nonexistent/keys")
        #expect(result.status == 1 && result.error == "Error: /nonexistent/keys: No such file or directory\n")
        #expect(!FileManager.default.fileExists(atPath: copy.path))
    }
}
