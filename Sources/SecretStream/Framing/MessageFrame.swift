/// The shape of what goes over the raw stream: three bytes of length, little-endian, and the payload (PROTOCOL §5).
enum MessageFrame {
    /// How many bytes the length takes.
    static let lengthByteCount = 3
    /// How much longer an encrypted message is than its plaintext: a tag of one byte and an authenticator of sixteen.
    static let overhead = 17
    /// The longest plaintext that fits in a frame.
    static let largestPlaintext = StreamOptions.largestFrameByteCount - overhead

    /// Appends a frame as it is; after the handshake and the headers, frames are appended by the cipher.
    static func append(_ payload: [UInt8], to output: inout [UInt8]) {
        output.append(contentsOf: (0..<lengthByteCount).map { lengthByte($0, of: payload.count) })
        output.append(contentsOf: payload)
    }

    /// Writes a payload's length at the start of `frame`.
    static func writeLength(_ byteCount: Int, to frame: UnsafeMutableRawBufferPointer) {
        for position in 0..<lengthByteCount {
            frame[position] = lengthByte(position, of: byteCount)
        }
    }

    private static func lengthByte(_ position: Int, of byteCount: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: byteCount >> (8 * position))
    }
}
