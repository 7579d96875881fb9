#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Weight and colour of text on a terminal; plain text where there is none, or where NO_COLOR is set.
struct Style {
    private let isColoured: Bool

    init(isColoured: Bool) {
        let refused = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        self.isColoured = isColoured && !refused
    }

    func dim(_ text: String) -> String { wrap(text, "2") }
    func red(_ text: String) -> String { wrap(text, "31") }
    func yellow(_ text: String) -> String { wrap(text, "33") }

    private func wrap(_ text: String, _ code: String) -> String {
        isColoured ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
