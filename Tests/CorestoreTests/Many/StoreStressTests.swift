import Foundation
import Testing

@Suite(.timeLimit(.minutes(60))) struct StoreStressTests {
    /// How many steps, in place of some two seconds' worth. For the thread sanitizer:
    /// `CORESTORE_STRESS=20000 swift test --sanitize=thread --filter StoreStressTests`.
    ///
    /// On Linux the sanitizer does not see `Synchronization.Mutex` (Swift 6.3), and reports all that one guards, down to a
    /// program of one mutex and two tasks. There, look for reports in which either side holds none; on macOS for any.
    private let stepCount = ProcessInfo.processInfo.environment["CORESTORE_STRESS"].flatMap { Int($0) } ?? 600

    @Test func `logs that are opened, appended to, closed and replicated by many tasks at once lose nothing`()
        async throws
    {
        let seed = UInt64.random(in: .min ... .max)
        print("seed of the stress test:", seed)
        try await StoreStress(seed: seed, stepCount: stepCount).run()
    }
}
