import Simulation

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Runs simulated worlds, one seed after the other, each by every plan: `simulate [FIRST [COUNT]]`, from seed 1 on and for
/// ever where nothing else is said. Prints what must not be, with the seed that leads to it, and ends with status 1 then.
@main enum Simulate {
    static func main() async {
        let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        let first = numbers.first ?? 1
        let last = numbers.count > 1 ? first + numbers[1] - 1 : .max
        var failures = 0
        var seed = first
        while seed <= last {
            for (name, plan) in plans {
                do {
                    try await SimulatedWorld(seed: seed).run(plan)
                } catch {
                    failures += 1
                    print("\(name): \(error)")
                }
            }
            if seed % 100 == 0 { print("\(seed - first + 1) seeds, \(failures) failures") }
            seed += 1
        }
        print("\(last - first + 1) seeds from \(first) on, \(plans.count) runs each: \(failures) failures")
        if failures > 0 { exit(1) }
    }

    private static var plans: [(name: String, plan: SimulatedWorld.Plan)] {
        var (malicious, failing, conflict) = (SimulatedWorld.Plan(), SimulatedWorld.Plan(), SimulatedWorld.Plan())
        malicious.hasMaliciousPeers = true
        failing.hasFailingDisks = true
        conflict.hasConflict = true
        return [
            ("network", SimulatedWorld.Plan()), ("malicious peers", malicious), ("failing disks", failing),
            ("conflict", conflict),
        ]
    }
}
