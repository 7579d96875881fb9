import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct ArchiveTests {
    /// A store with a core of three lines, and the archive of it.
    private func archivedStore() async throws -> (store: TestStore, log: CoreInfo, archive: [UInt8]) {
        let store = try TestStore()
        let log = try await store.appendLines(["one", "two", "three"])
        return (store, log, try await store.succeed("export", "--name", "log", "-").output)
    }

    @Test func aCoreGoesThroughAFile() async throws {
        let (store, copy) = (try TestStore(), try TestStore())
        let log = try await store.appendLines(["one", "two", "three"])
        let file = store.directory.path("log.core")
        let exported = try #require(
            try await store.succeed("export", "--name", "log", file, "--json").last(Exported.self))
        #expect(exported.event == "complete" && exported.key == log.key && exported.length == 3)
        let size = try Data(contentsOf: URL(filePath: file)).count
        #expect(exported.file == file && exported.archiveBytes == size && exported.seconds > 0)

        let imported = try #require(
            try await copy.succeed("import", file, "--key", log.key, "--json").last(Imported.self))
        #expect(imported.event == "complete" && imported.key == log.key && imported.treeHash == log.treeHash)
        #expect(imported.blocks == 3 && imported.bytes == log.byteLength)
        #expect(try await copy.succeed("cat", "--key", log.key).text == "onetwothree")
        #expect(try await copy.info("--key", log.key).writable == false)
        #expect(
            try await copy.succeed("import", file).text.hasPrefix("imported 3 blocks, 11 B in "), "again, to no effect")
    }

    @Test func aCoreGoesThroughAPipe() async throws {
        let (store, copy) = (try TestStore(), try TestStore())
        let bytes = [UInt8](repeating: 7, count: 3 << 20)
        try await store.succeed("append", "--name", "log", input: bytes)
        let key = try await store.info("--name", "log").key
        let archive = try await store.succeed("export", "--name", "log", "-").output
        #expect(archive.starts(with: Array("corearc\n".utf8)), "nothing but the archive is written")
        try await copy.succeed("import", "-", "--compression", "zstd", "--durability", "relaxed", input: archive)
        #expect(try await copy.succeed("cat", "--key", key).output == bytes)
    }

    @Test func anEmptyCoreHasAnArchive() async throws {
        let (store, copy) = (try TestStore(), try TestStore())
        let key = try await store.appendLines([]).key
        let archive = try await store.succeed("export", "--name", "log", "-").output
        #expect(try await copy.succeed("import", "-", "--json", input: archive).last(Imported.self)?.blocks == 0)
        #expect(try await copy.info("--key", key).length == 0)
    }

    @Test func exportsBesideAWriter() async throws {
        let (store, _, archive) = try await archivedStore()
        let (server, _) = try await store.serve()
        #expect(try await store.succeed("export", "--name", "log", "-").output == archive)
        let refused = try await store.run("import", "-", input: archive)
        #expect(refused.status == 1)
        #expect(refused.error.contains("is open for writing in process \(server.processIdentifier)"))
        server.send(SIGTERM)
        #expect(await server.status() == 0)
    }

    @Test func anArchiveOfAnotherCoreIsRefused() async throws {
        let (_, _, archive) = try await archivedStore()
        let copy = try TestStore()
        let result = try await copy.run("import", "-", "--key", String(repeating: "y", count: 52), input: archive)
        #expect(result.status == 1)
        #expect(result.error.hasPrefix("Error: ") && result.error.split(separator: "\n").count == 1)
        #expect(try await copy.succeed("list").output.isEmpty)
    }

    @Test func aDamagedArchiveIsRefused() async throws {
        let (_, _, archive) = try await archivedStore()
        var changed = archive
        changed[changed.count - 40] ^= 1
        for damaged in [[], Array("no archive at all".utf8), archive.dropLast(), archive + [0], changed] {
            let result = try await TestStore().run("import", "-", input: damaged)
            #expect(result.status == 1)
            #expect(result.error.hasPrefix("Error: ") && result.error.split(separator: "\n").count == 1)
        }
    }

    @Test func aMissingArchiveMakesNoStore() async throws {
        let copy = try TestStore()
        let result = try await copy.run("import", "/nonexistent/log.core")
        #expect(result.status == 1)
        #expect(result.error == "Error: /nonexistent/log.core: No such file or directory\n")
        #expect(!FileManager.default.fileExists(atPath: copy.path))
    }

    @Test func exportSaysWhatIsMissing() async throws {
        let (store, _, _) = try await archivedStore()
        let file = store.directory.path("other.core")
        #expect(
            try await store.run("export", "--name", "other", file).error
                == "Error: no core is named \"other\" in this store\n")
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(try await store.run("export", "--name", "log", "/nonexistent/log.core").status == 1)
        store.directory.file("old.core", [1, 2, 3])
        let old = store.directory.path("old.core")
        #expect(try await TestStore().run("export", "--name", "log", old).status == 1)
        #expect(try Data(contentsOf: URL(filePath: old)) == Data([1, 2, 3]), "what was there stays")
        try await store.succeed("export", "--name", "log", old)
        #expect(try Data(contentsOf: URL(filePath: old)).count > 3, "until there is something to replace it")
    }

    @Test func exportReplacesFilesOnly() async throws {
        let (store, _, _) = try await archivedStore()
        let pipe = store.directory.path("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        for place in [pipe, store.directory.url.path] {
            let result = try await store.run("export", "--name", "log", place)
            #expect(result.status == 1)
            #expect(
                result.error == "Error: \(place) is there and no ordinary file; name another one, or redirect - to it\n"
            )
        }
    }

    @Test func anImportThatWaitsForItsInputCanBeStopped() async throws {
        let (_, log, archive) = try await archivedStore()
        let copy = try TestStore()
        for signal in [SIGINT, SIGTERM] {
            let running = try copy.start("import", "-", "--json")
            // All but the end record: the blocks are shown once they are stored.
            try running.write(archive.dropLast(29))
            _ = try await running.object { (progress: ImportProgressInfo) in progress.blocks == 3 }
            running.send(signal)
            #expect(await running.status() == 128 + signal)
            #expect(running.errors.contains("stopped with 3 of 3 blocks; run the same command again to go on"))
        }
        #expect(try await copy.succeed("cat", "--key", log.key).text == "onetwothree")
    }
}
