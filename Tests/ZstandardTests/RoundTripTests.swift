import Testing
import Zstandard

@Suite struct RoundTripTests {
    @Test(arguments: [CompressionLevel(1), 3, 9, 19])
    func `bytes of every size and kind come back`(_ level: CompressionLevel) throws {
        var compressor = try Compressor(level: level)
        var decompressor = try Decompressor()
        for count in [0, 1, 2, 13, 64, 255, 256, 257, 1_000, 65_535, 65_536, 131_073, 300_000] {
            for distinct in [1, 2, 16, 256] {
                let bytes = Sample.bytes(count, distinct: distinct)
                #expect(try compressor.compress(bytes.span.bytes))
                try decompressor.decompress(compressor.output, atMost: count)
                #expect([UInt8](copying: decompressor.output) == bytes, "\(count) bytes, \(distinct) different ones")
            }
        }
    }

    @Test func `fifteen MiB come back`() throws {
        var bytes = [UInt8](repeating: 0, count: 15 << 20)
        for index in stride(from: 0, to: bytes.count, by: 64) { bytes[index] = UInt8(truncatingIfNeeded: index >> 7) }
        let frame = try bytes.compressed()
        #expect(frame.count < bytes.count / 8)
        #expect(try frame.decompressed() == bytes)
    }

    @Test func `nothing is a frame of thirteen bytes at most`() throws {
        let frame = try [].compressed()
        #expect((1...13).contains(frame.count))
        #expect(try frame.decompressed(atMost: 0) == [])
    }

    @Test func `a frame says how many bytes its content has`() throws {
        for count in [0, 1, 255, 256, 65_535, 65_536, 1_000_000] {
            let frame = try [UInt8](repeating: 7, count: count).compressed()
            #expect(try CompressedFrame.contentByteCount(of: frame.span.bytes) == UInt64(count))
            let header = Array(frame.prefix(CompressedFrame.maximumHeaderByteCount))
            #expect(try CompressedFrame.contentByteCount(of: header.span.bytes) == UInt64(count))
        }
    }

    @Test func `a frame that would be longer than it is worth is not made`() throws {
        var compressor = try Compressor(level: 3)
        let (lines, noise) = (Sample.lines(100), Sample.bytes(5_000, distinct: 256))
        #expect(try compressor.compress(lines.span.bytes, atMost: lines.count / 2))
        let needed = compressor.output.byteCount
        #expect(try !compressor.compress(noise.span.bytes, atMost: noise.count))
        #expect(compressor.output.byteCount == 0)
        for limit in [-1, 0, 1, needed - 1] {
            #expect(try !compressor.compress(lines.span.bytes, atMost: limit), "\(limit) bytes")
            #expect(compressor.output.byteCount == 0)
        }
        #expect(try compressor.compress(lines.span.bytes, atMost: needed))
        #expect(try [UInt8](copying: compressor.output).decompressed() == lines)
    }

    @Test func `memory is let go of, and taken again`() throws {
        var compressor = try Compressor(level: 1)
        var decompressor = try Decompressor()
        let bytes = Sample.lines(2_000)
        for _ in 0..<3 {
            #expect(try compressor.compress(bytes.span.bytes))
            try decompressor.decompress(compressor.output, atMost: bytes.count)
            #expect([UInt8](copying: decompressor.output) == bytes)
            compressor.shrink(toAtMost: 1_000)
            decompressor.shrink(toAtMost: 1_000)
            #expect(compressor.output.byteCount == 0 && decompressor.output.byteCount == 0)
        }
    }

    @Test func `levels are one to nineteen`() {
        #expect(CompressionLevel(exactly: 0) == nil)
        #expect(CompressionLevel(exactly: 20) == nil)
        #expect(CompressionLevel(exactly: -1) == nil)
        #expect((1...19).allSatisfy { CompressionLevel(exactly: $0)?.rawValue == $0 })
        #expect(CompressionLevel(1) < .standard)
    }
}
