import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct IdentityTests {
    private func identity(_ store: TestStore) async throws -> String {
        try #require(try await store.succeed("identity", "--json").last(Identity.self)).publicKey
    }

    @Test func isTheSameEachTimeAndAnotherForEachStoreAndName() async throws {
        let (one, other) = (try TestStore(), try TestStore())
        let key = try await identity(one)
        #expect(key.count == 64)
        #expect(try await identity(one) == key)
        #expect(try await identity(other) != key)
        let named = try await one.succeed("identity", "laptop").text
        #expect(named != key + "\n" && named.count == 65)
        #expect(try await one.succeed("identity", "laptop").text == named)
    }

    @Test func aServerLetsInOnlyThoseThatItKnows() async throws {
        let (origin, friend) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines(["a"]).key
        let file = origin.directory.file("friends", Array("# friends\n\(try await identity(friend))\n".utf8)).path
        try await origin.serving("--allow-file", file) { server, address in
            let publicKey = try await server.line { $0.hasPrefix("public key ") }
            #expect(publicKey == "public key \(try await identity(origin))", "it can be asked for while it serves")
            let stranger = try await TestStore().run("sync", address, key)
            #expect(stranger.status == 1 && stranger.error.contains("does not admit our public key"))
            try await friend.succeed("sync", address, key, "--identity", "store")
            #expect(try await friend.succeed("cat", "--key", key).text == "a")
        }
    }

    @Test func aListWithMistakesLetsNobodyIn() async throws {
        let store = try TestStore()
        let file = store.directory.file("friends", Array("nonsense\n".utf8)).path
        let result = try await store.run("serve", "--allow-file", file)
        #expect(result.status == 1 && result.error.hasPrefix("Error: \(file):1: "))
    }

    @Test func aClientTalksOnlyToTheServerThatItMeans() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines(["a"]).key
        let server = try await identity(origin)
        try await origin.serving { _, address in
            try await copy.succeed("sync", address, key, "--peer-key", server)
            for live in [[], ["--live"]] {
                let result = try await Command.run(
                    ["sync", address, key, "--peer-key", try await identity(copy), "--store", copy.path] + live)
                #expect(result.status == 1)
                #expect(result.error.hasPrefix("Error: the other side's public key, \(server), is not among"))
            }
        }
    }
}
