import Testing

@testable import CorestoreCLI

@Suite struct WordsTests {
    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (1234, "1.23 kB"), (12_345, "12.3 kB"), (123_456, "123 kB"),
        (999_499, "999 kB"), (999_500, "1.00 MB"), (65_000_000_000, "65.0 GB"), (Int.max, "9.22 EB"),
    ])
    func bytesHaveThreeDigits(count: Int, expected: String) {
        #expect(Words.bytes(count) == expected)
    }

    @Test(arguments: [(0, "0 blocks"), (1, "1 block"), (999, "999 blocks"), (1_234_567, "1,234,567 blocks")])
    func blocksAreGroupedByThousands(count: UInt64, expected: String) {
        #expect(Words.blocks(count) == expected)
    }

    @Test(arguments: [
        (0, "0:00"), (0.2, "0:01"), (59, "0:59"), (61, "1:01"), (3599.5, "1:00:00"), (3723, "1:02:03"),
        (.infinity, "--:--"),
    ])
    func timeLeftIsAClock(seconds: Double, expected: String) {
        #expect(Words.clock(seconds: seconds) == expected)
    }

    @Test(arguments: [(0, "0.00"), (0.3087, "0.31"), (1, "1.00"), (12.34, "12.3")])
    func ratiosHaveThreeDigits(ratio: Double, expected: String) {
        #expect(Words.ratio(ratio) == expected)
    }

    @Test func ratesAreInMegabytes() {
        #expect(Words.rate(118_300_000) == "118 MB/s")
        #expect(Words.rate(0) == "0.00 MB/s")
        #expect(Words.rate(-1) == "0.00 MB/s")
    }
}
