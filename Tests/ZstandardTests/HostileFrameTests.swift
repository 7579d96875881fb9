import TestSupport
import Testing
import Zstandard

@Suite struct HostileFrameTests {
    @Test func `every truncation and every lengthening is refused`() throws {
        let frame = try Sample.lines(20).compressed()
        for count in 0..<frame.count {
            expectThrows(.damaged, "\(count) bytes") { try Array(frame.prefix(count)).decompressed() }
        }
        for tail in [[0], frame, [UInt8](repeating: 0xff, count: 100), try [].compressed(), Self.skippable] {
            expectThrows(.damaged, "\(tail.count) bytes more") { try (frame + tail).decompressed() }
        }
    }

    @Test func `every flipped bit is noticed`() throws {
        for bytes in [Sample.lines(5), Sample.bytes(300, distinct: 256), [UInt8](repeating: 1, count: 1_000)] {
            let frame = try bytes.compressed()
            for bit in 0..<frame.count * 8 {
                var flipped = frame
                flipped[bit / 8] ^= 1 << (bit % 8)
                // A few bits of the header mean nothing to the content; then it must be the right one.
                let content = try? flipped.decompressed(atMost: 1 << 20)
                #expect(content == nil || content == bytes, "bit \(bit)")
            }
        }
    }

    @Test(arguments: UInt64(1)...4)
    func `random frames behind a true beginning are refused, and leave nothing behind`(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var decompressor = try Decompressor()
        let frame = try Sample.lines(50).compressed()
        for _ in 0..<500 {
            var mutated = Array(frame.prefix(Int.random(in: 5...frame.count, using: &random)))
            for _ in 0..<Int.random(in: 1...20, using: &random) {
                mutated[Int.random(in: 4..<mutated.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do throws(CompressionError) {
                try decompressor.decompress(mutated.span.bytes, atMost: 1 << 20)
                #expect([UInt8](copying: decompressor.output) == Sample.lines(50), "seed \(seed)")
            } catch {
                #expect(decompressor.output.byteCount == 0, "seed \(seed)")
            }
        }
        try decompressor.decompress(frame.span.bytes, atMost: 1 << 20)
        #expect([UInt8](copying: decompressor.output) == Sample.lines(50))
    }

    @Test func `more content than asked for is refused, and as much is not`() throws {
        let frame = try [UInt8](repeating: 7, count: 1_000).compressed()
        expectThrows(.tooLarge) { try frame.decompressed(atMost: 999) }
        expectThrows(.tooLarge) { try frame.decompressed(atMost: -1) }
        #expect(try frame.decompressed(atMost: 1_000).count == 1_000)
    }

    @Test(arguments: [1 << 20, 1 << 32, 1 << 62, .max - 2] as [UInt64])
    func `a short frame that claims much is refused before memory is taken`(_ claimed: UInt64) throws {
        // A header with eight bytes of size and one raw block of four bytes, the last one.
        let size = withUnsafeBytes(of: claimed.littleEndian) { [UInt8]($0) }
        let frame = Self.magic + [0xe0] + size + [0x21, 0, 0, 1, 2, 3, 4]
        expectThrows(claimed > 1 << 40 ? .tooLarge : .damaged) { try frame.decompressed(atMost: 1 << 40) }
    }

    @Test func `a frame of another size than it states is refused`() {
        for size in [UInt8(0), 3, 5, 255] {
            // A header with one byte of size, no checksum, and one raw block of four bytes.
            let frame = Self.magic + [0x20, size, 0x21, 0, 0, 1, 2, 3, 4]
            expectThrows(.damaged, "\(size)") { try frame.decompressed() }
        }
    }

    @Test func `frames of other kinds are refused`() {
        expectThrows(.damaged, "a skippable frame") { try Self.skippable.decompressed() }
        // A window instead of a size: what a streaming compressor writes.
        expectThrows(.unsupported, "no size") {
            try (Self.magic + [0x00, 0x00, 0x21, 0, 0, 1, 2, 3, 4]).decompressed()
        }
        // One byte of dictionary number, which is 7.
        expectThrows(.unsupported, "a dictionary") {
            try (Self.magic + [0x21, 7, 4, 0x21, 0, 0, 1, 2, 3, 4]).decompressed()
        }
    }

    private static let magic: [UInt8] = [0x28, 0xb5, 0x2f, 0xfd]
    private static let skippable: [UInt8] = [0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]

    private func expectThrows(
        _ code: CompressionError.Code, _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation,
        _ body: () throws -> [UInt8]
    ) {
        let error = #expect(throws: CompressionError.self, "\(what)", sourceLocation: sourceLocation) { _ = try body() }
        #expect(error?.code == code, "\(what): \(String(describing: error))", sourceLocation: sourceLocation)
    }
}
