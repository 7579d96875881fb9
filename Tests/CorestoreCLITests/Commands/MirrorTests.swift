import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct MirrorTests {
    @Test func keepsWhatItIsGivenAndServesIt() async throws {
        let (origin, seeder, copy) = (try TestStore(), try TestStore(), try TestStore())
        var keys: [String] = []
        for number in 0..<6 { keys.append(try await origin.appendLines(["\(number)"], name: "log\(number)").key) }
        try await origin.serving { _, address in
            let mirror = try seeder.start("mirror", address, "--keys", "-", "--serve", "0", "--json")
            let listening = try await mirror.object { (listening: Listening) in listening.event == "listening" }
            // A pipe of keys may go on for as long as it likes.
            try mirror.write(keys[..<4].joined(separator: "\n") + "\nnonsense\n")
            _ = try await mirror.object { (progress: LiveProgress) in progress.complete == 4 && progress.cores == 5 }
            #expect(mirror.errors.contains("standard input:5: "))
            try mirror.write(keys[4...].joined(separator: "\n") + "\n")
            try mirror.closeInput()
            _ = try await mirror.object { (progress: LiveProgress) in progress.complete == 6 && progress.blocks == 6 }
            try await copy.succeed("sync", "127.0.0.1:\(listening.port)", keys[5])
            #expect(try await copy.succeed("cat", "--key", keys[5]).text == "5")
            mirror.send(SIGTERM)
            let summary = try await mirror.object { (summary: Summary) in summary.event == "stopped" }
            #expect(summary.complete == 6 && summary.downloadedBlocks == 6 && summary.uploadedBlocks == 1)
            #expect(await mirror.status() == 0)
        }
    }

    @Test func aCoreThatIsEmptyIsWholeOnceItsPeerHasSaidSo() async throws {
        let (origin, seeder) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines([], name: "empty").key
        try await origin.serving { _, address in
            let mirror = try seeder.start("mirror", address, key, "--json")
            _ = try await mirror.object { (progress: LiveProgress) in progress.complete == 1 && progress.blocks == 0 }
            mirror.send(SIGTERM)
            #expect(await mirror.status() == 0)
        }
    }

    @Test func aListWithoutKeysIsAnError() async throws {
        let store = try TestStore()
        let result = try await store.run("mirror", "--serve", "0", "--keys", "-", input: Array("# none\n".utf8))
        #expect(result.status == 1 && result.error == "Error: there is no key to ask for\n")
    }
}
