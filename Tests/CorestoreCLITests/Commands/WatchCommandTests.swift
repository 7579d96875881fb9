import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct WatchCommandTests {
    @Test func printsWhatAnotherProcessStores() async throws {
        let store = try TestStore()
        let key = try await store.appendLines(["old"]).key
        let (server, _) = try await store.serve("--append", "log")
        let text = try store.start("watch", "log", "--start", "0")
        #expect(try await text.line { _ in true } == "old")
        let blocks = try store.start("watch", key, "--start", "1", "--end", "3", "--json")
        try server.write("new\nnewer\n")
        #expect(try await text.line { _ in true } == "new")
        #expect(try await text.line { _ in true } == "newer")
        let block = try await blocks.object { (block: BlockInfo) in block.index == 2 }
        #expect(block.base64 == Data("newer".utf8).base64EncodedString())
        #expect(await blocks.status() == 0, "it ends before --end")
        text.send(SIGINT)
        #expect(await text.status() == 0)
        server.send(SIGTERM)
        #expect(await server.status() == 0)
    }

    @Test func printsWhatAPeerBringsFromItsEndOn() async throws {
        let (origin, copy) = (try TestStore(), try TestStore())
        let key = try await origin.appendLines(["old"]).key
        let (server, address) = try await origin.serve("--append", "log")
        let watch = try copy.start("watch", key, address, "--json")
        let watching = try await watch.object { (watching: Watching) in watching.event == "watching" }
        #expect(watching.key == key && watching.start == 1)
        try server.write("new\nnewer\n")
        let block = try await watch.object { (block: BlockInfo) in true }
        #expect(block.index == 1 && block.base64 == Data("new".utf8).base64EncodedString())
        _ = try await watch.object { (block: BlockInfo) in block.index == 2 }
        watch.send(SIGTERM)
        #expect(await watch.status() == 0)
        server.send(SIGTERM)
        #expect(await server.status() == 0)
    }

    @Test func tellsOfACutAndGoesOnFromThere() async throws {
        let store = try TestStore()
        _ = try await store.appendLines(["a", "b", "c"])
        let watch = try store.start("watch", "log", "--start", "2", "--json")
        _ = try await watch.object { (block: BlockInfo) in block.index == 2 }
        try await store.succeed("truncate", "--name", "log", "1")
        let cut = try await watch.object { (cut: Truncated) in cut.event == "truncated" }
        #expect(cut.length == 1 && cut.fork == 1)
        _ = try await store.appendLines(["new"])
        let block = try await watch.object { (block: BlockInfo) in true }
        #expect(block.index == 1 && block.base64 == Data("new".utf8).base64EncodedString())
        watch.send(SIGHUP)
        #expect(await watch.status() == 0)
    }

    @Test func aCoreThatIsNotHereIsAnError() async throws {
        let store = try TestStore()
        #expect(try await store.run("watch", "log").status == 1)
        #expect(!FileManager.default.fileExists(atPath: store.path))
        _ = try await store.appendLines(["a"])
        let result = try await store.run("watch", "missing", "--json")
        #expect(result.status == 1)
        #expect(try result.problems().map(\.event) == ["error"])
    }
}
