import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct LiveSyncTests {
    @Test func connectsAgainAndGoesOn() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines(["a"]).key
        // An address of its own, so that no other test takes the port meanwhile.
        #if os(Linux)
        let host = "127.0.0.5"
        #else
        let host = "::1"
        #endif
        let (server, address) = try await origin.serve("--host", host)
        let follower = try copy.start("sync", address, key, "--live", "--json")
        _ = try await follower.object { (progress: LiveProgress) in progress.blocks == 1 }
        server.send(SIGTERM)
        #expect(await server.status() == 0)
        _ = try await follower.object { (progress: LiveProgress) in !progress.connected }
        #expect(follower.errors.contains("connecting again in"))

        _ = try await origin.appendLines(["b", "c"])
        let port = try #require(address.split(separator: ":").last)
        let (second, _) = try await origin.serve("--host", host, "--port", String(port))
        _ = try await follower.object { (progress: LiveProgress) in progress.blocks == 3 && progress.connected }
        follower.send(SIGINT)
        #expect(await follower.status() == 0)
        second.send(SIGTERM)
        #expect(await second.status() == 0)
        #expect(try await copy.succeed("cat", "--key", key).text == "abc")
    }

    @Test func linesGoUpToWhoeverWantsThem() async throws {
        let (origin, seeder) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines(["first"]).key
        let mirror = try seeder.start("mirror", "--serve", "0", key, "--json")
        let listening = try await mirror.object { (listening: Listening) in listening.event == "listening" }
        let writer = try origin.start("sync", "127.0.0.1:\(listening.port)", "--live", "--append", "log", "--json")
        try writer.write("second\n")
        _ = try await mirror.object { (progress: LiveProgress) in progress.blocks == 2 && progress.complete == 1 }
        try writer.write("third\n")
        _ = try await mirror.object { (progress: LiveProgress) in progress.blocks == 3 }
        writer.send(SIGTERM)
        #expect(await writer.status() == 0)
        mirror.send(SIGTERM)
        #expect(await mirror.status() == 0)
        #expect(try await seeder.succeed("cat", "--key", key, "--line").text == "first\nsecond\nthird\n")
    }

    @Test func endsWhereTheRangeDoes() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines(["a"]).key
        let (server, address) = try await origin.serve("--append", "log")
        let follower = try copy.start("sync", address, key, "--live", "--end", "2", "--json")
        try server.write("b\nc\n")
        #expect(await follower.status() == 0)
        server.send(SIGTERM)
        #expect(await server.status() == 0)
        #expect(try await copy.succeed("cat", "--key", key, "--end", "2").text == "ab")
    }

    @Test func saysInTheEndWhatWasNotServed() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        _ = try await origin.appendLines(["a"])
        try await origin.serving { _, address in
            let follower = try copy.start("sync", address, String(repeating: "y", count: 52), "--live", "--json")
            _ = try await follower.object { (progress: LiveProgress) in progress.refused == 1 }
            follower.send(SIGINT)
            #expect(await follower.status() == 1)
            #expect(follower.errors.contains("1 of 1 core could not be had"))
        }
    }
}
