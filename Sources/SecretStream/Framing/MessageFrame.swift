/// The shape of what goes over the raw stream: three bytes of length, little-endian, and the payload (PROTOCOL §5).
enum MessageFrame {
    /// How many bytes the length takes.
    static let lengthByteCount = 3
    /// How much longer an encrypted message is than its plaintext: a tag of one byte and an authenticator of sixteen.
    static let overhead = 17
    /// The longest plaintext that fits in a frame.
    static let largestPlaintext = StreamOptions.largestFrameByteCount - overhead

    /// Appends the frame of a payload that goes as it is: of the handshake, or a header.
    static func append(_ payload: [UInt8], to output: inout [UInt8]) {
        withUnsafeBytes(of: UInt32(payload.count).littleEndian) { bytes in
            output.append(contentsOf: bytes.prefix(lengthByteCount))
        }
        output.append(contentsOf: payload)
    }

    /// Appends the frame of a message with room for what its encryption adds: the tag, one byte, comes before the
    /// message, the authenticator after it.
    static func appendUnsealed(_ message: RawSpan, to output: inout [UInt8]) {
        let payloadByteCount = message.byteCount + overhead
        if output.isEmpty { output.reserveCapacity(lengthByteCount + payloadByteCount) }
        // The fourth byte of the number, which is zero, becomes the tag's place.
        withUnsafeBytes(of: UInt32(payloadByteCount).littleEndian) { output.append(contentsOf: $0) }
        message.withUnsafeBytes { output.append(contentsOf: $0) }
        withUnsafeBytes(of: (UInt64(0), UInt64(0))) { output.append(contentsOf: $0) }
    }
}
