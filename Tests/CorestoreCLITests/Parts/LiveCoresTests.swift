import Corestore
import Hypercore
import Testing

@testable import CorestoreCLI

@Suite struct LiveCoresTests {
    @Test func countsNoCoreAsWholeBeforeAPeerHasSaidHowLongItIs() async throws {
        let directory = try TemporaryDirectory()
        let store = try await Corestore.open(at: directory.path("store"))
        let core = try await store.get(name: "log")
        let cores = LiveCores()
        cores.announce()
        cores.add(core, try core.download())
        #expect(cores.measure().counts == LiveCores.Counts(all: 1))
        // A peer has the core; that it has blocks, or none, it says in its first message.
        cores.note(isServed: true, core.key)
        #expect(cores.measure().counts == LiveCores.Counts(all: 1))
        try await store.close()
    }
}
