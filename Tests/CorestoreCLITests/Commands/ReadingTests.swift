import Foundation
import TestSupport
import Testing

@Suite struct ReadingTests {
    @Test func catWritesARangeOfBlocks() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a", "b", "c", "d"])
        for start in 0...4 {
            for end in start...4 {
                let result = try await store.succeed("cat", "--name", "log", "--start", "\(start)", "--end", "\(end)")
                #expect(Array(result.text) == Array(Array("abcd")[start..<end]))
            }
        }
        #expect(try await store.succeed("cat", "--name", "log", "--start", "3").text == "d")
    }

    @Test func catSaysThatARangeIsTooLong() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a"])
        let result = try await store.run("cat", "--name", "log", "--end", "2")
        #expect(result.status == 1)
        #expect(result.error.contains("1 block"))
        #expect(result.output.isEmpty)
    }

    @Test func catPrintsBlocksAsJSON() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["one", ""] + [""])
        let blocks = try await store.succeed("cat", "--name", "log", "--json").objects(BlockInfo.self)
        #expect(
            blocks == [
                BlockInfo(index: 0, byteLength: 3, base64: "b25l"), BlockInfo(index: 1, byteLength: 0, base64: ""),
            ])
    }

    @Test func catEndsQuietlyWhenNobodyReadsAnyMore() async throws {
        let store = try TestStore()
        let file = store.directory.file("large", [UInt8](repeating: 1, count: 4 << 20))
        try await store.succeed("append", "--name", "log", file.path)
        let (output, errors) = (Pipe(), store.directory.file("errors"))
        let process = try ChildProcess(
            Command.executable, ["cat", "--name", "log", "--store", store.path],
            output: output.fileHandleForWriting, errors: FileHandle(forWritingTo: errors))
        // The pipe holds far less than there is to write.
        try output.fileHandleForReading.close()
        #expect(await process.status() == 0)
        #expect(try Data(contentsOf: errors).isEmpty)
    }

    @Test func getSaysThatABlockIsNotThere() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a"])
        let result = try await store.run("get", "--name", "log", "1")
        #expect(result.status == 1)
        #expect(result.error == "Error: there is no block 1: the core has 1 block\n")
    }

    @Test func infoTakesEveryFormOfAKey() async throws {
        let store = try TestStore()
        let info = try await store.appendLines(["a"])
        let table = try await store.succeed("info", "--key", info.key).text
        #expect(table.contains(info.key) && table.contains(info.treeHash) && table.contains("1 block"))
        #expect(try await store.info("--key", "pear://\(info.key)/path").key == info.key)
    }

    @Test(arguments: [["--name", "missing"], ["--key", String(repeating: "y", count: 52)]])
    func aMissingCoreEndsWith1(selection: [String]) async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a"])
        for command in [["cat"], ["info"], ["get", "0"]] {
            let result = try await Command.run(command + selection + ["--store", store.path])
            #expect(result.status == 1)
            #expect(result.output.isEmpty)
            #expect(result.error.hasPrefix("Error: "))
        }
    }

    @Test func readingMakesNoStore() async throws {
        let store = try TestStore()
        for command in ["list", "info --name log", "cat --name log"] {
            let result = try await Command.run(
                command.split(separator: " ").map(String.init) + ["--store", store.path])
            #expect(result.status == 1)
            #expect(result.error.contains(store.path))
        }
        #expect(!FileManager.default.fileExists(atPath: store.path))
    }

    @Test func listShowsEveryCore() async throws {
        let store = try TestStore()
        var keys: Set<String> = []
        for name in ["a", "b", "c"] {
            let result = try await store.succeed("append", "--name", name, "--json")
            keys.insert(try #require(try result.objects(CoreInfo.self).first).key)
        }
        #expect(Set(try await store.succeed("list", "--json").objects(CoreInfo.self).map(\.key)) == keys)
        let lines = try await store.succeed("list").text.split(separator: "\n")
        #expect(Set(lines.map { String($0.prefix(52)) }) == keys)
    }

    @Test func listShowsTheCoresOfANamespace() async throws {
        let store = try TestStore()
        try await store.succeed("append", "--name", "a")
        let result = try await store.succeed("append", "--namespace", "x", "--name", "a", "--json")
        let inner = try #require(try result.objects(CoreInfo.self).first)
        #expect(try await store.succeed("list", "--namespace", "x", "--json").objects(CoreInfo.self) == [inner])
        #expect(try await store.succeed("list", "--namespace", "y").output.isEmpty)
    }

    @Test func aDamagedStoreIsAnErrorAndNoCrash() async throws {
        let store = try TestStore()
        _ = try await store.appendLines((0..<100).map { "line \($0)" })
        let files = try #require(
            FileManager.default.enumerator(at: URL(filePath: store.path), includingPropertiesForKeys: nil))
        for case let file as URL in files where file.lastPathComponent.hasSuffix(".mdb") {
            let size = try #require(try FileManager.default.attributesOfItem(atPath: file.path)[.size] as? Int)
            try Data(repeating: 0x5a, count: size).write(to: file)
        }
        for command in [["list"], ["info", "--name", "log"], ["append", "--name", "log"]] {
            let result = try await Command.run(command + ["--store", store.path])
            #expect(result.status == 1, "\(command): \(result.error)")
            #expect(result.error.hasPrefix("Error: "))
        }
    }
}
