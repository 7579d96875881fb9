/// Sends a whole log, one way and unasked: what a server cannot do without.
///
/// The stream is a secretstream key (agreeing on one is not measured), its header, and frames of
/// `u24 length ‖ ciphertext`.
struct LogSender: ~Copyable {
    private var source: FrameSource
    private let connection: Int32
    private let cipher = Cipher()
    private let frame: UnsafeMutableRawPointer

    init(at directory: String, blockLength: Int, over connection: Int32) {
        source = FrameSource(at: directory, blockLength: blockLength)
        self.connection = connection
        frame = .allocate(byteCount: 3 + source.capacity + Cipher.overhead, alignment: 16)
    }

    deinit {
        frame.deallocate()
    }

    /// Sends all blocks.
    mutating func run() throws {
        try cipher.withKeyAndHeader { try Loopback.send($0, over: connection) }
        while let plaintext = source.next() { try send(plaintext) }
    }

    private func send(_ plaintext: UnsafeRawBufferPointer) throws {
        let sealedLength = cipher.seal(plaintext, into: frame + 3)
        frame.storeBytes(of: UInt8(truncatingIfNeeded: sealedLength), as: UInt8.self)
        frame.storeBytes(of: UInt8(truncatingIfNeeded: sealedLength >> 8), toByteOffset: 1, as: UInt8.self)
        frame.storeBytes(of: UInt8(truncatingIfNeeded: sealedLength >> 16), toByteOffset: 2, as: UInt8.self)
        try Loopback.send(UnsafeRawBufferPointer(start: frame, count: 3 + sealedLength), over: connection)
    }
}
