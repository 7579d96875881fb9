import ArgumentParser
import Crypto

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// Standard output, as text lines, JSON lines or the bytes of blocks.
struct Console {
    let json: Bool
    private let output = Descriptor.standardOutput

    /// Prints one line.
    func print(_ line: String) throws {
        try write(Array((line + "\n").utf8))
    }

    /// Prints an object on one line, its fields in alphabetical order.
    func print(json record: some Encodable) throws {
        try write(Self.line(json: record))
    }

    static func line(json record: some Encodable) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try Array(encoder.encode(record)) + [UInt8(ascii: "\n")]
    }

    /// Prints what came of a command: a line, or an object.
    func print(_ line: String, or record: some Encodable) throws {
        try json ? print(json: record) : print(line)
    }

    /// Writes bytes as they are.
    func write(_ bytes: [UInt8]) throws {
        // Like `head`, a reader that has seen enough ends the command, and that is no failure.
        guard try output.write(bytes) == .all else { throw ExitCode.success }
    }

    /// Prints a block: its bytes, or a JSON object.
    func print(block: [UInt8], at index: UInt64, _ form: BlockForm = .raw) throws {
        guard json else { return try write(form == .line ? block + [UInt8(ascii: "\n")] : block) }
        try print(json: BlockRecord(index: index, byteLength: block.count, base64: Data(block).base64EncodedString()))
    }

    /// Prints the state of a core: a table, or a JSON object.
    func print(_ core: CoreRecord) throws {
        guard !json else { return try print(json: core) }
        let rows = [
            ("key", core.key),
            ("discovery key", core.discoveryKey),
            ("tree hash", core.treeHash),
            ("length", Words.blocks(core.length)),
            ("size", "\(Words.grouped(core.byteLength)) bytes"),
            ("stored from 0 on", Words.blocks(core.contiguousLength)),
            ("fork", "\(core.fork)"),
            ("writable", core.writable ? "yes" : "no"),
        ]
        try print(table: rows)
    }

    /// Prints labels and values, one pair a line.
    func print(table rows: [(label: String, value: String)]) throws {
        let style = Style(isColoured: isTerminal)
        for (label, value) in rows {
            try print("\(style.dim(label))\(String(repeating: " ", count: 18 - label.count))\(value)")
        }
    }

    /// Whether a person looks at it.
    var isTerminal: Bool { output.isTerminal }

    /// How many characters fit on a line of the terminal; `nil` where it is none.
    var columnCount: Int? { output.columnCount }
}

// MARK: - Standard error

extension Console {
    /// Tells of something that went otherwise than asked: a line, or an object.
    ///
    /// - Parameter key: the core that it is about.
    func complain(_ line: String, key: CoreKey? = nil) {
        let record = WarningRecord(message: line, key: key?.text)
        let style = Style(isColoured: Descriptor.standardError.isTerminal)
        let bytes = json ? (try? Self.line(json: record)) ?? [] : Array("\(style.yellow(line))\n".utf8)
        // Nobody is left to tell that nobody can be told.
        _ = try? Descriptor.standardError.write(bytes)
    }

    /// Asks the person at the terminal; anything but yes is no.
    static func confirms(_ question: String) throws -> Bool {
        _ = try Descriptor.standardError.write(Array("\(question) [y/N] ".utf8))
        let answer = String(decoding: try Descriptor.standardInput.read(upTo: 1024), as: UTF8.self)
        return ["y", "yes"].contains(answer.filter { !$0.isWhitespace }.lowercased())
    }
}
