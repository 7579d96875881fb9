#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Receives what a ``LogSender`` sends, decrypts it, and stores it.
struct LogReceiver: ~Copyable {
    private var sink: LogSink
    private var frames: SocketFrames

    init(at directory: String, blockLength: Int, over connection: Int32) {
        sink = LogSink(at: directory)
        frames = SocketFrames(connection, frameCapacity: 2 * FrameSource.frameLength + blockLength)
    }

    /// Receives `blockCount` blocks and returns their tree hash.
    mutating func run(blockCount: Int) -> String {
        sink.run(blockCount: blockCount, from: &frames)
    }
}

/// The frames that arrive at a socket, decrypted.
private struct SocketFrames: PlaintextFrames, ~Copyable {
    private var socket: SocketBuffer
    private let cipher: Cipher
    private let plaintext: UnsafeMutableRawPointer

    /// Waits for the key.
    init(_ connection: Int32, frameCapacity: Int) {
        var socket = SocketBuffer(connection, capacity: 2 * frameCapacity)
        cipher = Cipher(keyAndHeader: socket.receive(Cipher.keyAndHeaderLength))
        plaintext = .allocate(byteCount: frameCapacity, alignment: 16)
        self.socket = socket
    }

    deinit {
        plaintext.deallocate()
    }

    mutating func next() -> UnsafeRawBufferPointer {
        let prefix = socket.receive(3)
        let ciphertext = socket.receive(Int(prefix[0]) | Int(prefix[1]) << 8 | Int(prefix[2]) << 16)
        cipher.open(ciphertext, into: plaintext)
        return UnsafeRawBufferPointer(start: plaintext, count: ciphertext.count - Cipher.overhead)
    }
}

/// Reads a socket in large pieces and hands out small ones.
private struct SocketBuffer: ~Copyable {
    private let connection: Int32
    /// What was received and not yet used: `received[start..<end]`.
    private let received: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0

    init(_ connection: Int32, capacity: Int) {
        self.connection = connection
        received = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit {
        received.deallocate()
    }

    /// The next `count` bytes of the stream, good until the next call.
    mutating func receive(_ count: Int) -> UnsafeRawBufferPointer {
        if start + count > received.count {
            received.copyMemory(from: UnsafeRawBufferPointer(rebasing: received[start..<end]))
            (start, end) = (0, end - start)
        }
        while end - start < count {
            let room = UnsafeMutableRawBufferPointer(rebasing: received[end...])
            let added = read(connection, room.baseAddress, room.count)
            precondition(added > 0, "the floor's stream ended early, or read failed with errno \(errno)")
            end += added
        }
        defer { start += count }
        return UnsafeRawBufferPointer(rebasing: received[start..<start + count])
    }
}
