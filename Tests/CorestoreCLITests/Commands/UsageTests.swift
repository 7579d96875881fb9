import Testing

@Suite struct UsageTests {
    private static let key = String(repeating: "y", count: 52)

    @Test(arguments: [
        ["cat"], ["cat", "--name", "a", "--key", key], ["get", "--name", "a"], ["get", "--name", "a", "x"],
        ["get", "--name", "a", "-1"], ["info"], ["info", "--key", "no key"], ["append"],
        ["append", "--name", "a", "--block-size", "0"], ["append", "--name", "a", "--block-size", "15728641"],
        ["append", "--name", "a", "--line", "--block-size", "10"],
        ["cat", "--name", "a", "--start", "2", "--end", "1"],
        ["sync", "--key", key], ["sync", "localhost", "--key", key], ["sync", "localhost:0", "--key", key],
        ["sync", "localhost:1"], ["serve", "--port", "65536"], ["list", "surplus"], ["nonsense"], ["--nonsense"],
        ["purge"], ["purge", "--name", "a", "--key", key], ["compact", "surplus"], ["compact", "--namespace", "a"],
        ["backup"], ["backup", "a", "b"], ["export", "a"], ["export", "--name", "a"],
        ["export", "--name", "a", "-", "--json"], ["import"], ["import", "a", "--key", "no key"],
        ["stats", "--name", "a", "--key", key],
        ["append", "--name", "a", "--durability", "some"], ["serve", "--durability"],
        ["append", "--name", "a", "--compression", "gzip"],
        ["sync", "localhost:1", "--key", key, "--compression", "zstd:20"],
        ["sync", "localhost:1", key, "--append", "log"], ["sync", "localhost:1", key, "--peer-key", "no key"],
        ["sync", "localhost:1", "--live", "--append", "log", "--keys", "-"], ["watch"],
        ["watch", "a", "localhost:1", "localhost:2"], ["watch", "a", "--start", "2", "--end", "1"],
        ["mirror", key], ["mirror", "localhost:1"], ["mirror", key, "--serve", "no port"],
        ["serve", "--allow", "no key"],
    ])
    func wrongUsageEndsWith64AndSaysWhat(arguments: [String]) async throws {
        let result = try await Command.run(arguments)
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
        let isJSON = arguments.contains("--json")
        #expect(result.error.contains(isJSON ? #""status":64"# : "Usage:"))
    }
}
