import Crypto

/// One of the keys that a run is to work on, or what stands in its place.
enum KeyEntry {
    case key(CoreKey)
    /// A line that holds no key; the run goes on without it.
    case malformed(KeyComplaint)
    /// A key that was there before; nothing is missing.
    case duplicate(KeyComplaint)
}

/// What is wrong with a key of a list, and where it stands.
struct KeyComplaint {
    /// The file, or "the command line".
    let source: String
    /// Of the file, from 1 on.
    let line: Int?
    let problem: String

    /// "keys.txt:17: …"
    var words: String { "\(source)\(line.map { ":\($0)" } ?? ""): \(problem)" }
}
