import Foundation
import Testing

@Suite struct AppendTests {
    @Test func cutsAFileIntoBlocks() async throws {
        let store = try TestStore()
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let file = store.directory.file("input", bytes)
        let result = try await store.succeed("append", "--name", "log", "--json", file.path)
        let info = try #require(try result.objects(CoreInfo.self).first)
        #expect(info.length == 4, "64 KiB a block")
        #expect(info.byteLength == 200_000)
        #expect(info.contiguousLength == 4)
        #expect(info.fork == 0)
        #expect(info.writable)
        #expect(info.key.count == 52 && info.discoveryKey.count == 64 && info.treeHash.count == 64)
        #expect(try await store.succeed("cat", "--name", "log").output == bytes)
    }

    @Test func cutsStandardInputIntoBlocksOfTheGivenSize() async throws {
        let store = try TestStore()
        try await store.succeed("append", "--name", "log", "--block-size", "4", input: Array("abcdefghij".utf8))
        #expect(try await store.succeed("get", "--name", "log", "1").text == "efgh")
        #expect(try await store.succeed("get", "--name", "log", "2").text == "ij")
    }

    @Test func makesLinesBlocks() async throws {
        let store = try TestStore()
        let info = try await store.appendLines(["one", "", "three", ""])
        #expect(info.length == 3, "a final newline adds no block")
        #expect(try await store.succeed("cat", "--name", "log").text == "onethree")
        #expect(try await store.succeed("get", "--name", "log", "1").output.isEmpty)
    }

    @Test func makesACoreOfAnEmptyFile() async throws {
        let store = try TestStore()
        let result = try await store.succeed("append", "--name", "log")
        #expect(result.text.contains("0 blocks"))
        #expect(try await store.info("--name", "log").length == 0)
        #expect(try await store.succeed("cat", "--name", "log").output.isEmpty)
    }

    @Test func appendsToWhatIsThere() async throws {
        let store = try TestStore()
        let first = try await store.appendLines(["a"])
        let second = try await store.appendLines(["b"])
        #expect(second.key == first.key)
        #expect(second.length == 2)
        #expect(second.treeHash != first.treeHash)
    }

    @Test func keepsNamespacesApart() async throws {
        let store = try TestStore()
        let root = try await store.appendLines(["a"])
        try await store.succeed(
            "append", "--namespace", "x", "--namespace", "y", "--name", "log", "--line", input: Array("b".utf8))
        #expect(try await store.info("--name", "log").key == root.key)
        let inner = try await store.info("--namespace", "x", "--namespace", "y", "--name", "log")
        #expect(inner.key != root.key)
        #expect(try await store.run("info", "--namespace", "y", "--namespace", "x", "--name", "log").status == 1)
    }

    @Test func saysWhichFileIsMissingAndMakesNothing() async throws {
        let store = try TestStore()
        let result = try await store.run("append", "--name", "log", "/nonexistent/file")
        #expect(result.status == 1)
        #expect(result.error == "Error: /nonexistent/file: No such file or directory\n")
        #expect(try await store.run("list").status == 1, "no store was made")
    }

    @Test func saysThatTheDirectoryCannotBeWritten() async throws {
        let result = try await Command.run(["append", "--name", "log", "--store", "/dev/null/store"])
        #expect(result.status == 1)
        #expect(result.error.contains("/dev/null/store"))
    }
}
