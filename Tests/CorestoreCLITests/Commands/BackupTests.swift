import Foundation
import Testing

@Suite struct BackupTests {
    @Test func makesACopyThatCanBeRead() async throws {
        let (store, copy) = (try TestStore(), try TestStore())
        let log = try await store.appendLines(["one", "two"])
        let text = try await store.succeed("backup", copy.path).text
        #expect(text.hasPrefix("backed up ") && text.contains(" to \(copy.path) in "))
        #expect(text.contains("two histories"))
        #expect(try await copy.info("--name", "log") == log)
        #expect(try await copy.succeed("cat", "--name", "log").text == "onetwo")
    }

    @Test func copiesAnEmptyStoreAndPrintsJSON() async throws {
        let (store, copy) = (try TestStore(), try TestStore())
        try await store.succeed("append", "--name", "log")
        let record = try #require(try await store.succeed("backup", copy.path, "--json").last(BackedUp.self))
        #expect(record.event == "complete" && record.directory == copy.path && record.seconds > 0)
        let stats = try #require(try await copy.succeed("stats", "--json").last(Stats.self))
        #expect(stats.fileBytes == record.bytes)
        #expect(stats.cores == 1)
    }

    @Test func copiesBesideAWriter() async throws {
        let (store, copy) = (try TestStore(), try TestStore())
        let log = try await store.appendLines(["a"])
        let (server, _) = try await store.serve()
        try await store.succeed("backup", copy.path)
        #expect(try await copy.info("--key", log.key) == log)
        server.send(SIGTERM)
        #expect(await server.status() == 0)
    }

    @Test func aCopyIsAppendedToOnlyWhenItIsTrusted() async throws {
        let (store, copy) = (try TestStore(), try TestStore())
        _ = try await store.appendLines(["a"])
        try await store.succeed("backup", copy.path)
        let refused = try await copy.run("append", "--name", "log", "--line", input: Array("b".utf8))
        #expect(refused.status == 1)
        #expect(refused.error.hasPrefix("Error: the store was copied, moved or restored from a backup"))
        #expect(refused.error.hasSuffix("by running this command with --trust-history\n"))
        #expect(refused.error.split(separator: "\n").count == 1)

        try await copy.succeed("append", "--name", "log", "--line", "--trust-history", input: Array("b".utf8))
        #expect(try await copy.appendLines(["c"]).length == 3, "said once, it holds")
        #expect(try await store.appendLines(["b"]).length == 2, "the original was never in doubt")
    }

    @Test func refusesADirectoryThatHoldsSomething() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a"])
        try FileManager.default.createDirectory(atPath: store.directory.path("full"), withIntermediateDirectories: true)
        store.directory.file("full/file")
        for place in [
            store.directory.path("full"), store.path, store.path + "/copy", store.directory.path("no/parent"),
        ] {
            let result = try await store.run("backup", place)
            #expect(result.status == 1, "\(place)")
            #expect(result.error.hasPrefix("Error: ") && result.error.contains(place))
        }
        #expect(try await store.succeed("cat", "--name", "log").text == "a")
    }

    @Test func makesNoStore() async throws {
        let (store, copy) = (try TestStore(), try TestStore())
        let result = try await store.run("backup", copy.path)
        #expect(result.status == 1)
        #expect(result.error.contains(store.path))
        #expect(!FileManager.default.fileExists(atPath: store.path))
        #expect(!FileManager.default.fileExists(atPath: copy.path))
    }

    /// The signal may come too late; then the copy is whole.
    @Test(arguments: [SIGINT, SIGTERM])
    func leavesNoHalfCopy(signal: Int32) async throws {
        let (store, copy) = (try TestStore(), try TestStore())
        let bytes = [UInt8](repeating: 7, count: 32 << 20)
        try await store.succeed("append", "--name", "log", "--durability", "relaxed", input: bytes)
        let backup = try store.start("backup", copy.path)
        try await store.waitUntil { FileManager.default.fileExists(atPath: copy.path) }
        backup.send(signal)
        let status = await backup.status()
        if status == 0 || FileManager.default.fileExists(atPath: copy.path) {
            #expect(try await copy.succeed("cat", "--name", "log").output == bytes)
        } else {
            #expect(status == 128 + signal)
            #expect(backup.errors == "stopped; no half backup is left\n")
        }
        #expect(try await store.appendLines([""]).length > 0)
    }
}
