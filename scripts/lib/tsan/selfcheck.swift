// What scripts/sanitize tries the sanitizer on before it believes it: `selfcheck guarded` has no race, and `selfcheck racing`
// has one.
import Synchronization

/// A list behind a lock, and a number behind none.
final class Shared: Sendable {
    let guarded = Mutex<[Int]>([])
    nonisolated(unsafe) var number = 0
}

let isRacing = CommandLine.arguments.dropFirst().first == "racing"
let shared = Shared()
await withTaskGroup { group in
    for _ in 0..<4 {
        group.addTask {
            for step in 0..<20_000 {
                shared.guarded.withLock { list in
                    if list.count == 100 { list = [] }
                    list.append(step)
                }
                if isRacing { shared.number += 1 }
            }
        }
    }
}
