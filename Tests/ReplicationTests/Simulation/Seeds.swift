import Foundation

/// What random runs are made from.
enum Seeds {
    /// The seeds 1 to `usual`, or to what the environment variable `COREST_SEEDS` says, for a long hunt.
    static func upTo(_ usual: Int) -> ClosedRange<Int> {
        1...(ProcessInfo.processInfo.environment["COREST_SEEDS"].flatMap(Int.init) ?? usual)
    }
}
