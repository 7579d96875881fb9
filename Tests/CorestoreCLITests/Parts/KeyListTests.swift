import Crypto
import Foundation
import Testing

@testable import CorestoreCLI

@Suite(.timeLimit(.minutes(2))) struct KeyListTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// A key of which every byte is `number`, up to 9, in hexadecimal digits.
    private func key(_ number: Int) -> String { String(repeating: "0\(number)", count: 32) }

    private func number(of key: CoreKey) throws -> Int? {
        try (1...9).first { try CoreKey(text: self.key($0)) == key }
    }

    /// What a list of the given text comes to, one word an entry.
    private func entries(_ text: String, given: [CoreKey] = []) async throws -> [String] {
        let file = try Descriptor.open(directory.file("keys", Array(text.utf8)).path)
        var entries: [String] = []
        for try await entry in KeyList(given: given, file: file) {
            switch entry {
            case .key(let key): entries.append("\(try #require(try number(of: key)))")
            case .malformed(let complaint): entries.append("malformed \(complaint.line ?? 0)")
            case .duplicate(let complaint): entries.append("duplicate \(complaint.line ?? 0)")
            }
        }
        return entries
    }

    @Test func countsTheLinesOfAllThatStandsInAFile() async throws {
        let text = "\(key(1))\n#\n\n\t \(key(2)) two # words\r\nnonsense\n\(key(1))\n\(key(3))"
        #expect(try await entries(text) == ["1", "2", "malformed 5", "duplicate 6", "3"])
        #expect(try await entries("") == [])
        #expect(try await entries("\n\n#\n") == [])
    }

    @Test func thoseOfTheCommandLineComeFirst() async throws {
        let given = try [CoreKey(text: key(9)), CoreKey(text: key(9))]
        #expect(try await entries("\(key(9))\n\(key(1))\n", given: given) == ["9", "duplicate 0", "duplicate 1", "1"])
    }

    @Test func endsWhereALineIsTooLongToHoldInMemory() async throws {
        let text = "\(key(1))\n" + String(repeating: "x", count: 3 << 20)
        let error = await #expect(throws: Failure.self) { try await entries(text) }
        #expect(error?.description.contains(":2: the line is too long") == true)
    }
}
