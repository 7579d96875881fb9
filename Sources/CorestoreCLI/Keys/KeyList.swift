import Crypto

/// The keys that a run is to work on: those of the command line, then those of a file, which is read as they are asked
/// for and never held as a whole. A key that comes again is told apart from one that is new.
///
/// A file has a key a line, in any form; what follows it on its line, empty lines, and lines that begin with # are for
/// people.
struct KeyList: AsyncSequence, Sendable {
    typealias Element = KeyEntry

    /// Those of the command line.
    var given: [CoreKey]
    let file: Descriptor?

    /// How many bytes a line may have: any form of a key, and some words.
    static let lineLimit = 4096

    /// Whether there is one key and will be no other.
    var isSingle: Bool { given.count == 1 && file == nil }

    func makeAsyncIterator() -> Iterator {
        Iterator(given: given[...], lines: file.map { KeyLines(InputPieces(input: $0), name: $0.name) })
    }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var given: ArraySlice<CoreKey>
        fileprivate var lines: KeyLines?
        private var seen: Set<CoreKey> = []

        fileprivate init(given: ArraySlice<CoreKey>, lines: KeyLines?) {
            (self.given, self.lines) = (given, lines)
        }

        /// - Throws: where the file cannot be read; `CancellationError` while it is waited for.
        mutating func next() async throws -> KeyEntry? {
            if let key = given.popFirst() { return entry(key, source: "the command line", line: nil) }
            guard let line = try await lines?.next(), let lines else { return nil }
            do {
                return entry(try CoreKey(text: line.key), source: lines.name, line: line.number)
            } catch {
                return .malformed(KeyComplaint(source: lines.name, line: line.number, problem: error.message))
            }
        }

        private mutating func entry(_ key: CoreKey, source: String, line: Int?) -> KeyEntry {
            guard !seen.insert(key).inserted else { return .key(key) }
            return .duplicate(KeyComplaint(source: source, line: line, problem: "\(key) was there before"))
        }
    }
}

/// The lines of a list of keys that hold one, cut out of the pieces that it comes in.
private struct KeyLines {
    let name: String
    private var pieces: InputPieces.Iterator
    private var pending: ArraySlice<UInt8> = []
    private var lineCount = 0
    private var isAtEnd = false

    init(_ pieces: InputPieces, name: String) {
        self.pieces = pieces.makeAsyncIterator()
        self.name = name
    }

    /// The next word that stands first on its line, and the line's number; `nil` at the end.
    mutating func next() async throws -> (key: String, number: Int)? {
        while let line = try await nextLine() {
            lineCount += 1
            let word = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isWhitespace).first
            if let word, !word.hasPrefix("#") { return (String(word), lineCount) }
        }
        return nil
    }

    private mutating func nextLine() async throws -> ArraySlice<UInt8>? {
        while true {
            if let newline = pending.firstIndex(of: UInt8(ascii: "\n")) {
                defer { pending = pending[(newline + 1)...] }
                return pending[..<newline]
            }
            if isAtEnd {
                defer { pending = [] }
                return pending.isEmpty ? nil : pending
            }
            guard pending.count <= KeyList.lineLimit else {
                throw Failure("\(name):\(lineCount + 1): the line is too long to be one of a list of keys")
            }
            if let piece = try await pieces.next() { pending = (pending + piece)[...] } else { isAtEnd = true }
        }
    }
}
