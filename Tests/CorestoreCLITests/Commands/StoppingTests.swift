import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct StoppingTests {
    @Test(arguments: [SIGINT, SIGTERM, SIGHUP])
    func aStoppedAppendKeepsWhatItSays(signal: Int32) async throws {
        let store = try TestStore()
        _ = try await store.appendLines([])
        let append = try store.start("append", "--name", "log", "--line", "--durability", "relaxed")
        try append.write("a\nb\nno newline")
        // Nothing is printed before the end: another process sees what is stored.
        let reader = try store.start("watch", "log", "--start", "0", "--end", "2")
        #expect(await reader.status() == 0)
        append.send(signal)
        #expect(await append.status() == 128 + signal)
        #expect(append.errors == "stopped; 2 blocks of the input were appended\n")
        #expect(try await store.appendLines(["c"]).length == 3, "it is in no doubt")
    }

    @Test func aStoppedSyncSaysHowFarItIs() async throws {
        let (origin, partial, copy) = (try TestStore(), try TestStore(), try TestStore())
        let key = try await origin.appendLines(["a", "b"]).key
        try await origin.serving { _, address in
            try await partial.succeed("sync", address, key, "--end", "1")
        }
        // Who waits for a block that the peer does not have waits for ever.
        try await partial.serving { _, address in
            let sync = try copy.start("sync", address, key, "--json")
            _ = try await sync.object { (progress: Progress) in progress.blocks == 1 && progress.total == 2 }
            sync.send(SIGINT)
            #expect(await sync.status() == 128 + SIGINT)
            #expect(sync.errors.contains("stopped with 1 of 2 blocks; run the same command again to go on"))
        }
    }

    @Test func aServerThatIsStoppedEndsInOrder() async throws {
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            let store = try TestStore()
            let (server, _) = try await store.serve()
            server.send(signal)
            #expect(await server.status() == 0)
            #expect(server.errors.isEmpty)
        }
    }

    @Test func nohupOutlivesItsTerminal() async throws {
        let store = try TestStore()
        let output = store.directory.path("output")
        let result = try await Command.shell(
            """
            trap '' HUP
            mkfifo '\(output)'
            "$corestore" serve --store '\(store.path)' > '\(output)' &
            exec 4< '\(output)'
            read line <&4
            kill -HUP $!
            if "$corestore" append --name log --store '\(store.path)' < /dev/null 2> /dev/null; then exit 2; fi
            kill -TERM $!
            wait $!
            """)
        #expect(result.status == 0)
    }

    @Test func aReaderThatHasSeenEnoughEndsItQuietly() async throws {
        let store = try TestStore()
        try await store.succeed("append", "--name", "log", input: [UInt8](repeating: 10, count: 3 << 20))
        let here = "--store '\(store.path)'"
        for command in [
            "cat --name log \(here)", "cat --name log --json \(here)", "list --json \(here)",
            "export --name log - \(here)", "manual",
        ] {
            let result = try await Command.shell(
                """
                status=$({ { "$corestore" \(command); echo $? >&3; } | head -c 1 > /dev/null; } 3>&1)
                exit $status
                """)
            #expect(result.status == 0 && result.error.isEmpty, "\(command): \(result.error)")
        }
    }
}
