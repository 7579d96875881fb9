import TestSupport
import Testing

@testable import CorestoreCLI

@Suite struct BlockCutterTests {
    /// The blocks of `input` cut by `rule`, when it comes in pieces of `pieceSize` bytes.
    private func blocks(_ input: [UInt8], _ rule: BlockCutter.Rule, pieceSize: Int = .max) throws -> [[UInt8]] {
        var cutter = BlockCutter(rule)
        var blocks: [[UInt8]] = []
        var rest = input[...]
        while !rest.isEmpty {
            try cutter.add(Array(rest.prefix(pieceSize)), to: &blocks)
            rest = rest.dropFirst(pieceSize)
        }
        cutter.finish(to: &blocks)
        return blocks
    }

    private func lines(_ text: String, pieceSize: Int = .max) throws -> [String] {
        try blocks(Array(text.utf8), .line, pieceSize: pieceSize).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [
        ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("\n", [""]), ("a\n\n", ["a", ""]),
        ("\n\nb\n", ["", "", "b"]), ("a\r\nb", ["a\r", "b"]),
    ])
    func makesABlockOfEachLine(text: String, expected: [String]) throws {
        for pieceSize in 1...4 {
            #expect(try lines(text, pieceSize: pieceSize) == expected, "in pieces of \(pieceSize)")
        }
    }

    @Test func makesBlocksOfOneSizeAndALastOneOfTheRest() throws {
        for length in 0...12 {
            let input = (0..<UInt8(length)).map { $0 }
            for size in 1...5 {
                let expected = stride(from: 0, to: length, by: size).map { Array(input[$0..<min($0 + size, length)]) }
                for pieceSize in 1...6 {
                    let found = try blocks(input, .size(size), pieceSize: pieceSize)
                    #expect(found == expected, "\(length) bytes by \(size) in pieces of \(pieceSize)")
                }
            }
        }
    }

    @Test func takesALineAsLongAsABlockMayBeAndNoLonger() throws {
        let longest = [UInt8](repeating: UInt8(ascii: "x"), count: 15 << 20)
        #expect(try blocks([10] + longest + [10], .line) == [[], longest])
        let error = #expect(throws: Failure.self) { try blocks([10] + longest + [120, 10], .line) }
        #expect(error?.description.hasPrefix("line 2 is longer") == true)
    }
}
