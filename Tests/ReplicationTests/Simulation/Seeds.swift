import Foundation

/// What random runs are made from.
enum Seeds {
    /// The seeds 1 to `usual`. For a long hunt, those that the environment variable `COREST_SEEDS` names: `500` for as many, or
    /// `500...600`.
    static func upTo(_ usual: Int) -> ClosedRange<Int> {
        let ends = ProcessInfo.processInfo.environment["COREST_SEEDS"]?.split(separator: "...").compactMap { Int($0) }
        guard let ends, let first = ends.first, let last = ends.last, last >= 1 else { return 1...usual }
        return ends.count > 1 && first <= last ? first...last : 1...last
    }
}
