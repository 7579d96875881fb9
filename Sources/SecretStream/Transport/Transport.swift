import CompactEncoding

/// An open stream: both sides' headers are exchanged, messages go either way.
struct Transport: ~Copyable, Sendable {
    private var sealing: SealingCipher
    private var opening: OpeningCipher

    init(sealing: consuming SealingCipher, opening: consuming OpeningCipher) {
        self.sealing = sealing
        self.opening = opening
    }

    /// Appends the frame of a message.
    ///
    /// - Precondition: it is no longer than ``MessageFrame/largestPlaintext``.
    mutating func send(_ plaintext: RawSpan, into output: inout [UInt8]) {
        sealing.seal(plaintext, into: &output)
    }

    /// Decrypts a frame's payload; what comes out is empty for a keep-alive.
    mutating func receive(_ payload: RawSpan) throws(SecretStreamError) -> [UInt8] {
        guard let message = opening.open(payload) else {
            throw SecretStreamError(
                .authenticationFailed,
                "a message of \(payload.byteCount) bytes is not authentic: it was altered, or is out of order")
        }
        return message
    }
}
