import Testing

@testable import CorestoreCLI

@Suite struct StoredCoresTests {
    @Test func offersTheNamesOfTheNamespaceAndAllKeys() async throws {
        let store = try TestStore()
        let root = try await store.appendLines(["a"], name: "photos")
        _ = try await store.appendLines(["a"], name: "phones")
        let inner = try await store.succeed("append", "--namespace", "x", "--name", "inner", "--json").last(
            CoreInfo.self)
        let words = ["corestore", "cat", "--store", store.path, "--name", ""]
        #expect(await StoredCores(words).names("").sorted() == ["phones", "photos"])
        #expect(await StoredCores(words).names("phot") == ["photos"])
        #expect(await StoredCores(words + ["--namespace=x"]).names("") == ["inner"])
        #expect(await StoredCores(words).keys(String(root.key.prefix(8))) == [root.key])
        #expect(await StoredCores(words).keys("").contains(try #require(inner).key))
    }

    @Test func offersNothingWhereThereIsNothing() async {
        #expect(await StoredCores(["corestore", "cat", "--store", "/nonexistent"]).names("").isEmpty)
        #expect(await StoredCores(["corestore", "cat", "--store"]).keys("").isEmpty)
    }
}
