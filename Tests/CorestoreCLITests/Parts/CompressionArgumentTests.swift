import Corestore
import Testing

@testable import CorestoreCLI

@Suite struct CompressionArgumentTests {
    @Test(
        arguments: [
            ("none", .none), ("zstd", .zstd(level: 3)), ("zstd:1", .zstd(level: 1)), ("zstd:19", .zstd(level: 19)),
        ] as [(String, BlockCompression)])
    func takesACompressionAndItsLevel(argument: String, expected: BlockCompression) {
        #expect(CompressionArgument(argument: argument)?.compression == expected)
    }

    @Test(arguments: ["", "gzip", "zstd:", "zstd:0", "zstd:20", "zstd:-1", "zstd:x", "none:1", "ZSTD", "zstd:3:4"])
    func refusesWhatIsNone(argument: String) {
        #expect(CompressionArgument(argument: argument) == nil)
    }
}
