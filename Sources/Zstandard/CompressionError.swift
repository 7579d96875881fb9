/// Why bytes could not be compressed, or a frame could not be read.
public struct CompressionError: Error, Equatable, Sendable {
    /// The kind of failure, for programs.
    public enum Code: String, Equatable, Sendable {
        /// The bytes are no frame, or not one whole frame, or its content does not fit its checksum.
        case damaged
        /// The frame states more content than the caller wants to take.
        case tooLarge
        /// The frame does not state how long its content is, or needs a dictionary: ``Compressor`` writes none such.
        case unsupported
        /// There is no memory for a context.
        case outOfMemory
    }

    /// The kind of failure.
    public let code: Code
    /// What is wrong, with the numbers.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }
}

extension CompressionError: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}
