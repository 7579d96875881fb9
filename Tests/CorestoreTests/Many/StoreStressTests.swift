import Foundation
import Testing

@Suite(.timeLimit(.minutes(60))) struct StoreStressTests {
    /// How many steps, in place of some two seconds' worth: `CORESTORE_STRESS=20000 swift test --filter StoreStressTests`.
    /// `scripts/sanitize` runs it under the thread sanitizer.
    private let stepCount = ProcessInfo.processInfo.environment["CORESTORE_STRESS"].flatMap { Int($0) } ?? 600

    @Test func `logs that are opened, appended to, closed and replicated by many tasks at once lose nothing`()
        async throws
    {
        let seed = UInt64.random(in: .min ... .max)
        print("seed of the stress test:", seed)
        try await StoreStress(seed: seed, stepCount: stepCount).run()
    }
}
