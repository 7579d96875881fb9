import StorageEngine

extension TrustRecord {
    private static let title = "swift-corestore-trust "
    private static let version = 1
    static let maximumByteCount = 4096

    /// The record as the file has it.
    var text: String {
        var lines = ["\(Self.title)\(Self.version)"]
        switch state {
        case .clean: lines.append("state clean")
        case .dirty(let boot): lines.append("state dirty \(boot ?? "unknown")")
        }
        lines.append("doubt \(doubt?.rawValue ?? "none")")
        lines.append("self " + itself.fields.joined(separator: " "))
        for place in places {
            let machine = place.machine.map { ["machine=\($0)"] } ?? []
            let fields = place.file.fields + machine + ["transaction=\(place.transaction)"]
            lines.append("place " + fields.joined(separator: " "))
        }
        return (lines + ["end", ""]).joined(separator: "\n")
    }

    /// Reads the record.
    ///
    /// - Throws: `.corrupt`, `.unsupportedVersion`.
    init(text: String, path: String) throws(StorageError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines[0].hasPrefix(Self.title), let version = Int(lines[0].dropFirst(Self.title.count)), version >= 1
        else { throw .damagedTrust(path) }
        guard version == Self.version else {
            throw StorageError(
                .unsupportedVersion, "\(path) was written by a newer version of this library (\(version)); update it")
        }
        // Title, state, doubt, itself, one or two places, the end and nothing after it.
        guard (7...8).contains(lines.count), lines.suffix(2) == ["end", ""],
            let state = State(lines[1]), let doubt = Self.doubt(lines[2]),
            let itself = Fields(lines[3], "self").flatMap({ FileStamp($0) })
        else { throw .damagedTrust(path) }
        var places: [Place] = []
        for line in lines[4..<lines.count - 2] {
            guard let place = Fields(line, "place").flatMap({ Place($0) }) else { throw .damagedTrust(path) }
            places.append(place)
        }
        self.init(state: state, doubt: doubt, itself: itself, places: places)
    }

    private static func doubt(_ line: Substring) -> HistoryDoubt?? {
        guard line.hasPrefix("doubt ") else { return nil }
        let word = line.dropFirst("doubt ".count)
        if word == "none" { return .some(nil) }
        return HistoryDoubt(rawValue: String(word)).map { .some($0) }
    }
}

extension TrustRecord.State {
    fileprivate init?(_ line: Substring) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        switch (words.first, words.count) {
        case ("state", 2) where words[1] == "clean": self = .clean
        case ("state", 3) where words[1] == "dirty" && !words[2].isEmpty:
            self = .dirty(boot: words[2] == "unknown" ? nil : String(words[2]))
        default: return nil
        }
    }
}

extension StorageError {
    fileprivate static func damagedTrust(_ path: String) -> StorageError {
        StorageError(
            .corrupt,
            "\(path) is damaged, so whether the store is as it was left is unknown; remove the file, then the store is "
                + "checked and opened as a copy")
    }
}

// MARK: - Fields

/// A line of "name=value", each name once.
private struct Fields {
    private var values: [Substring: Substring] = [:]

    init?(_ line: Substring, _ title: Substring) {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.first == title else { return nil }
        for word in words.dropFirst() {
            guard let sign = word.firstIndex(of: "=") else { return nil }
            let previous = values.updateValue(word[word.index(after: sign)...], forKey: word[..<sign])
            if previous != nil { return nil }
        }
    }

    func isMadeOf(_ names: Set<Substring>) -> Bool { names.isSuperset(of: values.keys) }

    func text(_ name: Substring) -> String? { values[name].map(String.init) }

    /// The number of that name; `.some(nil)` where there is none, `nil` where it is no number.
    func number<Number: FixedWidthInteger>(_ name: Substring, as type: Number.Type) -> Number?? {
        guard let value = values[name] else { return .some(nil) }
        return Number(value).map { .some($0) }
    }
}

extension FileStamp {
    fileprivate static let names: Set<Substring> = ["inode", "birth", "generation"]

    fileprivate var fields: [String] {
        ["inode=\(inode)"] + (birth.map { ["birth=\($0)"] } ?? []) + (generation.map { ["generation=\($0)"] } ?? [])
    }

    fileprivate init?(_ fields: Fields) {
        guard fields.isMadeOf(Self.names) else { return nil }
        self.init(amongOthers: fields)
    }

    fileprivate init?(amongOthers fields: Fields) {
        guard let inode = fields.number("inode", as: UInt64.self), let inode,
            let generation = fields.number("generation", as: UInt32.self)
        else { return nil }
        self.init(inode: inode, birth: fields.text("birth"), generation: generation)
    }
}

extension TrustRecord.Place {
    fileprivate init?(_ fields: Fields) {
        guard fields.isMadeOf(FileStamp.names.union(["machine", "transaction"])),
            let file = FileStamp(amongOthers: fields),
            let transaction = fields.number("transaction", as: UInt64.self), let transaction
        else { return nil }
        self.init(file: file, machine: fields.text("machine"), transaction: transaction)
    }
}
