import BenchHarness
import Testing

@Suite struct MachineLoadTests {
    @Test func anIdleMachineNeedsNoWarning() {
        #expect(MachineLoad(coreCount: 2, loadAverage: 0.4).warning == nil)
    }

    @Test func aBusyOneDoesWithItsLoadAndCores() throws {
        let warning = try #require(MachineLoad(coreCount: 2, loadAverage: 3.14).warning)
        #expect(warning.contains("load average 3.1 on 2 cores"))
    }
}
