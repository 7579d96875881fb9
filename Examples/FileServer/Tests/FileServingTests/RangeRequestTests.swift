import Testing

@testable import FileServing

@Suite("Range headers")
struct RangeRequestTests {
    @Test(
        "say which bytes are meant",
        arguments: [
            ("bytes=0-0", 0..<1), ("bytes=0-99", 0..<100), ("bytes=5-", 5..<100), ("bytes=99-", 99..<100),
            ("bytes=-1", 99..<100), ("bytes=-100", 0..<100), ("bytes=-1000", 0..<100), ("bytes=10-1000", 10..<100),
            ("BYTES=1-2", 1..<3), ("bytes=0-99999999999999999999999", 0..<100),
        ] as [(String, Range<UInt64>)])
    func readable(header: String, bytes: Range<UInt64>) throws {
        #expect(try #require(RangeRequest(header: header)).resolved(in: 100) == bytes)
    }

    @Test(
        "mean nothing that a file has",
        arguments: ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999999999999999-"])
    func unsatisfiable(header: String) throws {
        #expect(try #require(RangeRequest(header: header)).resolved(in: 100) == nil)
    }

    @Test("mean nothing that an empty file has", arguments: ["bytes=0-", "bytes=0-0", "bytes=-1"])
    func empty(header: String) throws {
        #expect(try #require(RangeRequest(header: header)).resolved(in: 0) == nil)
    }

    @Test(
        "are none where they are no single run of bytes",
        arguments: [
            "", "bytes", "bytes=", "bytes=-", "bytes=2-1", "bytes=a-b", "bytes=0-1,3-4", "bytes=+1-2", "bytes= 1-2",
            "lines=0-1", "bytes=1--2", "bytes=--1", "bytes=0x1-2",
        ])
    func unreadable(header: String) {
        #expect(RangeRequest(header: header) == nil)
    }
}
