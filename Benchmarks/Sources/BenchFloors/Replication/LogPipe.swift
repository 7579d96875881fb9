/// Brings a whole log from one store into another on one thread: each frame is encrypted, decrypted, checked and
/// stored.
struct LogPipe: ~Copyable {
    private var sink: LogSink
    private var frames: PipeFrames

    init(from source: String, to target: String, blockLength: Int) {
        sink = LogSink(at: target)
        frames = PipeFrames(FrameSource(at: source, blockLength: blockLength))
    }

    /// Brings `blockCount` blocks over and returns their tree hash.
    mutating func run(blockCount: Int) -> String {
        sink.run(blockCount: blockCount, from: &frames)
    }
}

/// The frames of a log, encrypted and decrypted again.
private struct PipeFrames: PlaintextFrames, ~Copyable {
    private var source: FrameSource
    private let sending: Cipher
    private let receiving: Cipher
    private let ciphertext: UnsafeMutableRawPointer
    private let plaintext: UnsafeMutableRawPointer

    init(_ source: consuming FrameSource) {
        let sending = Cipher()
        receiving = sending.withKeyAndHeader { Cipher(keyAndHeader: $0) }
        self.sending = sending
        ciphertext = .allocate(byteCount: source.capacity + Cipher.overhead, alignment: 16)
        plaintext = .allocate(byteCount: source.capacity, alignment: 16)
        self.source = source
    }

    deinit {
        ciphertext.deallocate()
        plaintext.deallocate()
    }

    mutating func next() -> UnsafeRawBufferPointer {
        guard let frame = source.next() else {
            preconditionFailure("the source of the floor's pipe has fewer blocks than were asked for")
        }
        let sealedLength = sending.seal(frame, into: ciphertext)
        receiving.open(UnsafeRawBufferPointer(start: ciphertext, count: sealedLength), into: plaintext)
        return UnsafeRawBufferPointer(start: plaintext, count: frame.count)
    }
}
