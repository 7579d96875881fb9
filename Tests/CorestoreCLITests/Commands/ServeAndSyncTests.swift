import Foundation
import Testing

/// Two processes and a socket between them.
@Suite struct ServeAndSyncTests {
    @Test func aSecondProcessCopiesEveryBlock() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        let original = try await origin.appendLines((0..<500).map { $0.isMultiple(of: 9) ? "" : "line \($0)" })
        let (server, address) = try await origin.serve()
        let result = try await copy.succeed("sync", address, "--key", original.key, "--json")
        let synced = try #require(try result.last(Synced.self))
        #expect(synced.event == "complete")
        #expect(synced.downloadedBlocks == 500)
        #expect(synced.downloadedBytes == original.byteLength)
        #expect(synced.treeHash == original.treeHash)

        let info = try await copy.info("--key", original.key)
        #expect(info.length == 500 && info.contiguousLength == 500 && !info.writable)
        let text = try await copy.succeed("cat", "--key", original.key).text
        #expect(text == (try await origin.succeed("cat", "--name", "log").text), "cat works beside serve")
        server.send(SIGTERM)
        #expect(await server.status() == 0)
    }

    @Test func aRangeIsCopiedAndThenTheRest() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines((0..<40).map { "\($0)\n" }).key
        let (server, address) = try await origin.serve()
        try await copy.succeed("sync", address, "--key", key, "--start", "10", "--end", "20")
        #expect(try await copy.succeed("get", "--key", key, "10").status == 0)
        #expect(try await copy.run("get", "--key", key, "20").error.contains("not stored here"))
        let result = try await copy.succeed("sync", address, "--key", key, "--json")
        let synced = try #require(try result.last(Synced.self))
        #expect(synced.downloadedBlocks == synced.length - 10, "what was here is not downloaded again")
        server.send(SIGINT)
        #expect(await server.status() == 0)
    }

    @Test func anEmptyCoreIsCopiedAtOnce() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines([]).key
        let (server, address) = try await origin.serve()
        let result = try await copy.succeed("sync", address, "--key", key)
        #expect(result.text.contains("complete"))
        server.send(SIGTERM)
        #expect(await server.status() == 0)
    }

    @Test func linesFollowWhileTheyAreAppended() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines(["first"]).key
        let (server, address) = try await origin.serve("--append", "log")
        let follower = try copy.start("sync", address, "--key", key, "--live", "--json")
        let reader = try RunningCommand(["cat", "--name", "log", "--live", "--json", "--store", origin.path])
        try server.write("second\nthi")
        try server.write("rd\n")
        _ = try await follower.object { (progress: Progress) in progress.blocks == 3 && progress.total == 3 }
        let block = try await reader.object { (block: BlockInfo) in block.index == 2 }
        #expect(block.base64 == Data("third".utf8).base64EncodedString())

        // The end of the input ends appending, not serving.
        try server.closeInput()
        follower.send(SIGINT)
        #expect(await follower.status() == 0)
        reader.send(SIGTERM)
        #expect(await reader.status() == 0)
        #expect(try await copy.succeed("sync", address, "--key", key).status == 0)
        server.send(SIGTERM)
        #expect(await server.status() == 0)
        #expect(try await copy.succeed("cat", "--key", key).text == "firstsecondthird")
    }

    @Test func aKeyThatIsNotServedIsAnError() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        _ = try await origin.appendLines(["a"])
        let (server, address) = try await origin.serve()
        let key = String(repeating: "y", count: 52)
        let result = try await copy.run("sync", address, "--key", key)
        #expect(result.status == 1)
        #expect(result.error.contains("does not have the core \(key)"))
        server.send(SIGTERM)
        #expect(await server.status() == 0)
    }

    @Test func aRangeBeyondTheCoreIsAnError() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines(["a"]).key
        let (server, address) = try await origin.serve()
        let result = try await copy.run("sync", address, "--key", key, "--end", "2")
        #expect(result.status == 1)
        #expect(result.error.contains("the core has 1 block, and --end 2 lies beyond"))
        server.send(SIGTERM)
        #expect(await server.status() == 0)
    }

    @Test func nobodyListeningIsAnError() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines(["a"]).key
        // An address of its own, so that no other test takes the port; on Linux each of 127.0.0.0/8 is this machine.
        #if os(Linux)
        let (server, address) = try await origin.serve("--host", "127.0.0.4")
        #else
        let (server, address) = try await origin.serve("--host", "::1")
        #endif
        server.send(SIGTERM)
        #expect(await server.status() == 0)
        let result = try await copy.run("sync", address, "--key", key)
        #expect(result.status == 1)
        #expect(result.error == "Error: connecting to \(address): nobody listens there\n")
    }

    @Test func aPortInUseIsAnError() async throws {
        let (first, second) = (try TestStore(), try TestStore())
        let (server, address) = try await first.serve()
        let port = try #require(address.split(separator: ":").last)
        let result = try await second.run("serve", "--port", String(port))
        #expect(result.status == 1)
        #expect(result.error.contains("\(address) is in use"))
        server.send(SIGTERM)
        #expect(await server.status() == 0)
    }

    @Test func aStoreThatIsBeingWrittenToIsNotWrittenTwice() async throws {
        let store = try TestStore()
        let (server, _) = try await store.serve()
        for command in [["append", "--name", "log"], ["compact"]] {
            let result = try await Command.run(command + ["--store", store.path])
            #expect(result.status == 1)
            #expect(result.error.contains("is open for writing in process \(server.processIdentifier)"))
        }
        server.send(SIGTERM)
        #expect(await server.status() == 0)
    }

    @Test func servePrintsItsAddressAndWhatGoesOnAsJSON() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines(["a", "b"]).key
        let server = try origin.start("serve", "--json")
        let listening = try await server.object { (listening: Listening) in listening.event == "listening" }
        #expect(listening.host == "127.0.0.1" && listening.port > 0 && listening.publicKey.count == 64)
        let follower = try copy.start("sync", "127.0.0.1:\(listening.port)", key, "--live", "--json")
        let connected = try await follower.object { (connected: Connected) in connected.event == "connected" }
        #expect(connected.publicKey == listening.publicKey)
        _ = try await server.object { (status: Status) in status.connections == 1 && status.uploadedBlocks == 2 }
        follower.send(SIGTERM)
        #expect(await follower.status() == 0)
        server.send(SIGTERM)
        #expect(await server.status() == 0)
    }
}
