/// Counts what a hunt found, and tells of it.
struct Verdicts {
    private(set) var checked = 0
    private(set) var red = 0
    /// How many failures are told in full.
    private let limit: Int

    init(tellingAtMost limit: Int = 6) {
        self.limit = limit
    }

    mutating func green() { checked += 1 }

    mutating func red(_ what: String, _ violations: [some CustomStringConvertible], kept: String?) {
        checked += 1
        red += 1
        guard red <= limit else { return }
        say("RED \(what)")
        for violation in violations.prefix(4) { say("    \(violation)") }
        if violations.count > 4 { say("    and \(violations.count - 4) more") }
        if let kept { say("    kept in \(kept)") }
    }
}
